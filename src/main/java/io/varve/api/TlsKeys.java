package io.varve.api;

import io.varve.failure.Failure;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.X509KeyManager;

/** How TLS is spoken with callers, out of the files that settings name. */
final class TlsKeys {
    private TlsKeys() {}

    /**
     * Blocks for a moment.
     *
     * @param pems of {@link TlsFiles#all}
     * @throws Failure Invalid when they are not what they should be, or the key is that of another certificate
     */
    static ServerSSLOptions read(Vertx vertx, List<byte[]> pems) {
        PemKeyCertOptions pair = new PemKeyCertOptions()
                .addCertValue(Buffer.buffer(pems.get(0)))
                .addKeyValue(Buffer.buffer(pems.get(1)));
        requirePair(vertx, pair);
        ServerSSLOptions options =
                new ServerSSLOptions().setKeyCertOptions(pair).setUseAlpn(true);
        if (pems.size() > 2) {
            PemTrustOptions authorities = new PemTrustOptions().addCertValue(Buffer.buffer(pems.get(2)));
            requireSome(vertx, authorities);
            // Who has a token shows no certificate, and who only watches over the service has neither.
            options.setTrustOptions(authorities).setClientAuth(ClientAuth.REQUEST);
        }
        return options;
    }

    private static void requirePair(Vertx vertx, PemKeyCertOptions pair) {
        try {
            for (KeyManager each : pair.getKeyManagerFactory(vertx).getKeyManagers()) {
                if (each instanceof X509KeyManager keys && belongTogether(keys)) {
                    return;
                }
            }
        } catch (Exception e) {
            throw Failure.invalid("wanted a certificate and its key in PEM, got: " + e.getMessage());
        }
        throw Failure.invalid("the key is not that of the certificate");
    }

    private static boolean belongTogether(X509KeyManager keys) throws GeneralSecurityException {
        for (String type : List.of("EC", "RSA")) {
            String[] aliases = keys.getServerAliases(type, null);
            if (aliases != null && aliases.length > 0) {
                X509Certificate certificate = keys.getCertificateChain(aliases[0])[0];
                return belongTogether(keys.getPrivateKey(aliases[0]), certificate, type);
            }
        }
        return false;
    }

    private static boolean belongTogether(PrivateKey key, X509Certificate certificate, String type)
            throws GeneralSecurityException {
        String algorithm = "SHA256with" + (type.equals("EC") ? "ECDSA" : type);
        byte[] something = new byte[32];
        Signature signing = Signature.getInstance(algorithm);
        signing.initSign(key);
        signing.update(something);
        byte[] signed = signing.sign();
        Signature verifying = Signature.getInstance(algorithm);
        verifying.initVerify(certificate.getPublicKey());
        verifying.update(something);
        return verifying.verify(signed);
    }

    private static void requireSome(Vertx vertx, PemTrustOptions authorities) {
        try {
            int some = authorities.getTrustManagerFactory(vertx).getTrustManagers().length;
            if (some > 0) {
                return;
            }
        } catch (Exception e) {
            throw Failure.invalid("wanted certificates of authorities in PEM, got: " + e.getMessage());
        }
        throw Failure.invalid("wanted certificates of authorities in PEM, got none");
    }
}
