package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;

/** Somebody who issues certificates that nobody trusts unless told to. Safe for any thread. */
public final class CertificateAuthority {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final byte[] ECDSA_WITH_SHA256 = Der.of(Der.SEQUENCE, Der.oid("1.2.840.10045.4.3.2"));
    private static final byte[] TRUE = {1, 1, (byte) 0xff};
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;
    private static final int DAY_S = 86_400;
    private static final AtomicInteger SERIAL = new AtomicInteger();

    private final Identity self;

    /** A key and its certificate, both with what they are in PEM. */
    public record Identity(String name, PrivateKey key, byte[] certificate) {
        public String keyPem() {
            return pem("PRIVATE KEY", key.getEncoded());
        }

        public String certificatePem() {
            return pem("CERTIFICATE", certificate);
        }

        public PemKeyCertOptions options() {
            return new PemKeyCertOptions()
                    .addKeyValue(Buffer.buffer(keyPem()))
                    .addCertValue(Buffer.buffer(certificatePem()));
        }
    }

    public CertificateAuthority(String name) {
        KeyPair keys = keys();
        byte[] constraints = extension("2.5.29.19", true, Der.of(Der.SEQUENCE, TRUE));
        self = new Identity(name, keys.getPrivate(), certificate(name, keys, name, keys.getPrivate(), constraints));
    }

    /** Its own, which signs the others. */
    public Identity self() {
        return self;
    }

    /** A server at 127.0.0.1 and localhost. */
    public Identity server() {
        byte[] names = Der.of(
                Der.SEQUENCE, Der.of(DNS_NAME, "localhost".getBytes(UTF_8)), Der.of(IP_ADDRESS, new byte[] {127, 0, 0, 1
                }));
        return issue("localhost", extension("2.5.29.17", false, names));
    }

    /** A client, for whoever asks clients who they are. */
    public Identity client(String name) {
        return issue(name);
    }

    private Identity issue(String name, byte[]... extensions) {
        KeyPair keys = keys();
        return new Identity(name, keys.getPrivate(), certificate(name, keys, self.name, self.key, extensions));
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** RFC 5280: a version 3 certificate. */
    private static byte[] certificate(
            String subject, KeyPair keys, String issuer, PrivateKey signer, byte[]... extensions) {
        byte[] toBeSigned = Der.of(
                Der.SEQUENCE,
                Der.of(Der.CONTEXT, Der.of(Der.INTEGER, new byte[] {2})),
                Der.of(Der.INTEGER, BigInteger.valueOf(SERIAL.incrementAndGet()).toByteArray()),
                ECDSA_WITH_SHA256,
                name(issuer),
                Der.of(Der.SEQUENCE, time(-DAY_S), time(DAY_S)),
                name(subject),
                keys.getPublic().getEncoded(),
                extensions.length == 0 ? new byte[0] : Der.of(Der.CONTEXT | 3, Der.of(Der.SEQUENCE, extensions)));
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(signer);
            signature.update(toBeSigned);
            return Der.of(Der.SEQUENCE, toBeSigned, ECDSA_WITH_SHA256, Der.bits(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] name(String commonName) {
        byte[] attribute = Der.of(Der.SEQUENCE, Der.oid("2.5.4.3"), Der.of(Der.UTF8, commonName.getBytes(UTF_8)));
        return Der.of(Der.SEQUENCE, Der.of(Der.SET, attribute));
    }

    private static byte[] time(int secondsFromNow) {
        return Der.of(
                Der.UTC_TIME,
                TIME.format(Instant.now().plusSeconds(secondsFromNow)).getBytes(UTF_8));
    }

    private static byte[] extension(String oid, boolean critical, byte[] value) {
        return Der.of(Der.SEQUENCE, Der.oid(oid), critical ? TRUE : new byte[0], Der.of(Der.OCTET_STRING, value));
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n";
    }
}
