package io.varve.auth;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Failure;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;

/**
 * A key that tokens are verified with, as a JSON Web Key says it (RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2).
 *
 * @param id {@code kid}; empty when it has none
 */
record TokenKey(String id, Algorithm algorithm, Key key) {
    private static final int LEAST_SECRET = 32;
    private static final int LEAST_MODULUS_BITS = 2048;

    /** With a larger one it would take an event loop too long to verify. */
    private static final int MOST_MODULUS_BITS = 8192;

    private static final int MOST_EXPONENT_BITS = 33;
    private static final int COORDINATE = 32;

    /**
     * @return empty when it is of a kind, or for a use, that is none of ours
     * @throws Failure Invalid when it is too weak, or is not what it says
     */
    static Optional<TokenKey> read(JsonNode json) {
        String use = json.path("use").asText("sig");
        boolean verifies = !json.has("key_ops") || contains(json.get("key_ops"), "verify");
        Optional<Algorithm> algorithm = Algorithm.ofKeys(json.path("kty").asText())
                .filter(found -> json.path("alg").asText(found.toString()).equals(found.toString()))
                .filter(found -> isOurCurve(found, json.path("crv").asText()));
        if (!use.equals("sig") || !verifies || algorithm.isEmpty()) {
            return Optional.empty();
        }
        String id = json.path("kid").asText();
        try {
            return Optional.of(new TokenKey(id, algorithm.get(), key(algorithm.get(), json)));
        } catch (GeneralSecurityException e) {
            throw Failure.invalid("wanted a key for " + algorithm.get()).during("key " + id);
        } catch (Failure e) {
            throw e.during("key " + id);
        }
    }

    private static boolean contains(JsonNode array, String text) {
        for (JsonNode each : array) {
            if (text.equals(each.textValue())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOurCurve(Algorithm algorithm, String curve) {
        return switch (algorithm) {
            case HS256, RS256 -> true;
            case ES256 -> curve.equals("P-256");
            case EDDSA -> curve.equals("Ed25519");
        };
    }

    private static Key key(Algorithm algorithm, JsonNode json) throws GeneralSecurityException {
        return switch (algorithm) {
            case HS256 -> {
                byte[] secret = bytes(json, "k");
                if (secret.length < LEAST_SECRET) {
                    throw Failure.invalid("k: got " + secret.length + " bytes, wanted " + LEAST_SECRET + " or more");
                }
                yield new SecretKeySpec(secret, "HmacSHA256");
            }
            case RS256 -> rsa(number(json, "n"), number(json, "e"));
            case ES256 -> {
                AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
                curve.init(new ECGenParameterSpec("secp256r1"));
                ECPoint point = new ECPoint(coordinate(json, "x"), coordinate(json, "y"));
                yield KeyFactory.getInstance("EC")
                        .generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class)));
            }
            case EDDSA -> ed25519(exactly(json, "x"));
        };
    }

    private static Key rsa(BigInteger modulus, BigInteger exponent) throws GeneralSecurityException {
        int bits = modulus.bitLength();
        if (bits < LEAST_MODULUS_BITS || bits > MOST_MODULUS_BITS) {
            throw Failure.invalid(
                    "n: got " + bits + " bits, wanted " + LEAST_MODULUS_BITS + " to " + MOST_MODULUS_BITS);
        }
        if (exponent.bitLength() < 2 || exponent.bitLength() > MOST_EXPONENT_BITS || !exponent.testBit(0)) {
            throw Failure.invalid("e: wanted an odd number of 2 to " + MOST_EXPONENT_BITS + " bits");
        }
        return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
    }

    /** RFC 8032, section 5.1.2: the number is little-endian, and its highest bit is that of the other coordinate. */
    private static Key ed25519(byte[] encoded) throws GeneralSecurityException {
        byte[] number = new byte[COORDINATE];
        for (int i = 0; i < COORDINATE; i++) {
            number[i] = encoded[COORDINATE - 1 - i];
        }
        boolean odd = (number[0] & 0x80) != 0;
        number[0] &= 0x7f;
        EdECPoint point = new EdECPoint(odd, new BigInteger(1, number));
        return KeyFactory.getInstance("Ed25519")
                .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
    }

    private static BigInteger coordinate(JsonNode json, String name) {
        return new BigInteger(1, exactly(json, name));
    }

    private static byte[] exactly(JsonNode json, String name) {
        byte[] bytes = bytes(json, name);
        if (bytes.length != COORDINATE) {
            throw Failure.invalid(name + ": got " + bytes.length + " bytes, wanted " + COORDINATE);
        }
        return bytes;
    }

    private static BigInteger number(JsonNode json, String name) {
        return new BigInteger(1, bytes(json, name));
    }

    private static byte[] bytes(JsonNode json, String name) {
        String text = json.path(name).textValue();
        if (text == null) {
            throw Failure.invalid("wanted " + name);
        }
        return Base64Url.decode(text, name);
    }

    boolean verifies(byte[] signed, byte[] signature) {
        return algorithm.verifies(key, signed, signature);
    }

    /** Without the key, which may be a secret. */
    @Override
    public String toString() {
        return algorithm + " key " + id;
    }
}
