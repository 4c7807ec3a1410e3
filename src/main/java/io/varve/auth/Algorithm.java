package io.varve.auth;

import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Mac;

/** How tokens are signed: one way for each kind of key (RFC 7518, section 3; RFC 8037, section 3.1). */
enum Algorithm {
    HS256("HS256", "oct"),
    RS256("RS256", "RSA"),
    /** The two numbers of the signature stand one behind the other, 32 bytes each. */
    ES256("ES256", "EC"),
    EDDSA("EdDSA", "OKP");

    private static final int ES256_BYTES = 64;

    private final String word;
    private final String keyType;

    Algorithm(String word, String keyType) {
        this.word = word;
        this.keyType = keyType;
    }

    /** By what headers and keys call it, letter for letter. */
    static Optional<Algorithm> of(String word) {
        return Arrays.stream(values()).filter(each -> each.word.equals(word)).findFirst();
    }

    /** @param keyType {@code kty} of a key */
    static Optional<Algorithm> ofKeys(String keyType) {
        return Arrays.stream(values())
                .filter(each -> each.keyType.equals(keyType))
                .findFirst();
    }

    /** Whether the bytes were signed so with the key, or with what belongs to it. Whatever is wrong with a signature, it is none. */
    boolean verifies(Key key, byte[] signed, byte[] signature) {
        try {
            return switch (this) {
                case HS256 -> {
                    Mac mac = Mac.getInstance("HmacSHA256");
                    mac.init(key);
                    // In a time that tells nothing of where they differ.
                    yield MessageDigest.isEqual(mac.doFinal(signed), signature);
                }
                case RS256 -> verifies("SHA256withRSA", key, signed, signature);
                case ES256 ->
                    signature.length == ES256_BYTES && verifies("SHA256withECDSAinP1363Format", key, signed, signature);
                case EDDSA -> verifies("Ed25519", key, signed, signature);
            };
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean verifies(String name, Key key, byte[] signed, byte[] signature)
            throws GeneralSecurityException {
        Signature verifying = Signature.getInstance(name);
        verifying.initVerify((PublicKey) key);
        verifying.update(signed);
        return verifying.verify(signature);
    }

    @Override
    public String toString() {
        return word;
    }
}
