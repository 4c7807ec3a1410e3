package io.varve.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Somebody who signs tokens with keys of each kind, each of which is called by its algorithm in lower case. */
public final class Issuer {
    public static final String NAME = "https://issuer.example";
    public static final String AUDIENCE = "varve";

    private static final int COORDINATE = 32;
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private final byte[] secret = new byte[COORDINATE];
    private final Map<String, KeyPair> pairs = new LinkedHashMap<>();

    public Issuer() {
        new SecureRandom().nextBytes(secret);
        try {
            KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
            ec.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
            rsa.initialize(2048);
            pairs.put("RS256", rsa.generateKeyPair());
            pairs.put("ES256", ec.generateKeyPair());
            pairs.put("EdDSA", KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private KeyPair pair(String algorithm) {
        return Objects.requireNonNull(pairs.get(algorithm));
    }

    static String encoded(byte[] bytes) {
        return ENCODER.encodeToString(bytes);
    }

    static String encoded(String text) {
        return encoded(text.getBytes(UTF_8));
    }

    private static byte[] number(BigInteger number, int length) {
        byte[] signed = number.toByteArray();
        byte[] bytes = new byte[length];
        int from = Math.max(0, signed.length - length);
        System.arraycopy(signed, from, bytes, length - (signed.length - from), signed.length - from);
        return bytes;
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        return reversed;
    }

    /** The modulus of the RSA key, which is public: whoever takes it for a secret is deceived. */
    byte[] publicBytes() {
        return pair("RS256").getPublic().getEncoded();
    }

    /** What verifies its tokens. */
    public String jwks() {
        ArrayNode keys = Json.object().putArray("keys");
        keys.addObject().put("kty", "oct").put("kid", "hs256").put("k", encoded(secret));
        RSAPublicKey rsa = (RSAPublicKey) pair("RS256").getPublic();
        keys.addObject()
                .put("kty", "RSA")
                .put("kid", "rs256")
                .put("alg", "RS256")
                .put("use", "sig")
                .put("n", encoded(number(rsa.getModulus(), rsa.getModulus().bitLength() / 8)))
                .put("e", encoded(rsa.getPublicExponent().toByteArray()));
        ECPublicKey ec = (ECPublicKey) pair("ES256").getPublic();
        keys.addObject()
                .put("kty", "EC")
                .put("kid", "es256")
                .put("crv", "P-256")
                .put("x", encoded(number(ec.getW().getAffineX(), COORDINATE)))
                .put("y", encoded(number(ec.getW().getAffineY(), COORDINATE)));
        EdECPublicKey ed = (EdECPublicKey) pair("EdDSA").getPublic();
        byte[] point = reversed(number(ed.getPoint().getY(), COORDINATE));
        point[COORDINATE - 1] |= (byte) (ed.getPoint().isXOdd() ? 0x80 : 0);
        keys.addObject()
                .put("kty", "OKP")
                .put("kid", "eddsa")
                .put("crv", "Ed25519")
                .put("x", encoded(point));
        return "{\"keys\":" + keys + "}";
    }

    /** Good for an hour, signed in this way, with claims changed as a test wants them. */
    public String token(String algorithm, Consumer<ObjectNode> changing) {
        Instant now = Instant.now();
        ObjectNode claims = Json.object()
                .put("iss", NAME)
                .put("aud", AUDIENCE)
                .put("sub", "somebody")
                .put("iat", now.getEpochSecond())
                .put("exp", now.plusSeconds(3600).getEpochSecond());
        changing.accept(claims);
        ObjectNode header =
                Json.object().put("typ", "JWT").put("alg", algorithm).put("kid", algorithm.toLowerCase(Locale.ROOT));
        return signed(algorithm, header.toString(), claims.toString());
    }

    /** Of somebody, with these scopes. */
    public String token(String subject, String scopes) {
        return token("HS256", claims -> claims.put("sub", subject).put("scope", scopes));
    }

    String signed(String algorithm, String header, String claims) {
        String signed = encoded(header) + "." + encoded(claims);
        return signed + "." + encoded(signature(algorithm, signed.getBytes(UTF_8)));
    }

    private byte[] signature(String algorithm, byte[] bytes) {
        return switch (algorithm) {
            case "HS256" -> mac(secret, bytes);
            case "RS256" -> signature("SHA256withRSA", pair(algorithm).getPrivate(), bytes);
            case "ES256" ->
                signature("SHA256withECDSAinP1363Format", pair(algorithm).getPrivate(), bytes);
            default -> signature("Ed25519", pair(algorithm).getPrivate(), bytes);
        };
    }

    static byte[] mac(byte[] key, byte[] bytes) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] signature(String name, PrivateKey key, byte[] bytes) {
        try {
            Signature signing = Signature.getInstance(name);
            signing.initSign(key);
            signing.update(bytes);
            return signing.sign();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
