package io.varve.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.oci.Json;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenKeyTest {
    private static final String CLAIMS =
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private static TokenKey key(String json) {
        return TokenKey.read(Json.read(json.getBytes(UTF_8), 1 << 20)).orElseThrow();
    }

    /** And nothing else is verified by it. */
    private static void assertVerifies(TokenKey key, String token) {
        int dot = token.lastIndexOf('.');
        byte[] signed = token.substring(0, dot).getBytes(US_ASCII);
        byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
        assertThat(key.verifies(signed, signature)).isTrue();

        signature[signature.length / 2] ^= 1;
        assertThat(key.verifies(signed, signature)).isFalse();
        signature[signature.length / 2] ^= 1;
        signed[0] ^= 1;
        assertThat(key.verifies(signed, signature)).isFalse();
        signed[0] ^= 1;
        for (int length : new int[] {0, 1, signature.length - 1}) {
            assertThat(key.verifies(signed, Arrays.copyOf(signature, length))).isFalse();
        }
        assertThat(key.verifies(signed, Arrays.copyOf(signature, signature.length + 1)))
                .isFalse();
        assertThat(key.verifies(signed, new byte[signature.length])).isFalse();
    }

    /** RFC 7515, appendix A.1. */
    @Test
    void verifiesHs256() {
        TokenKey key = key("""
                {"kty":"oct",
                 "k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}""");

        assertThat(key.algorithm()).isEqualTo(Algorithm.HS256);
        assertVerifies(
                key,
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + CLAIMS + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    /** RFC 7515, appendix A.2. */
    @Test
    void verifiesRs256() {
        TokenKey key = key("""
                {"kty":"RSA","e":"AQAB",
                 "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}""");

        assertThat(key.algorithm()).isEqualTo(Algorithm.RS256);
        assertVerifies(
                key,
                "eyJhbGciOiJSUzI1NiJ9." + CLAIMS
                        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw");
    }

    /** RFC 7515, appendix A.3. */
    @Test
    void verifiesEs256() {
        TokenKey key = key("""
                {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                 "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}""");

        assertThat(key.algorithm()).isEqualTo(Algorithm.ES256);
        assertVerifies(
                key,
                "eyJhbGciOiJFUzI1NiJ9." + CLAIMS
                        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    }

    /** RFC 8037, appendix A.4. */
    @Test
    void verifiesEd25519() {
        TokenKey key = key("""
                {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""");

        assertThat(key.algorithm()).isEqualTo(Algorithm.EDDSA);
        assertVerifies(
                key,
                "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
                        + ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{`kty`:`oct`}                                                | key : wanted k",
                "{`kty`:`oct`,`kid`:`a`,`k`:`c2hvcnQ`}                        | key a: k: got 5 bytes, wanted 32 or more",
                "{`kty`:`oct`,`k`:`====`}                                     | k: wanted base64url without padding",
                "{`kty`:`RSA`,`n`:`AQAB`,`e`:`AQAB`}                          | n: got 17 bits, wanted 2048 to 8192",
                "{`kty`:`EC`,`crv`:`P-256`,`x`:`AQAB`,`y`:`AQAB`}             | x: got 3 bytes, wanted 32",
                "{`kty`:`OKP`,`crv`:`Ed25519`,`x`:`AQAB`}                     | x: got 3 bytes, wanted 32",
            })
    void weakAndBrokenOnesAreRefused(String json, String wrong) {
        assertThatThrownBy(() -> key(json.replace('`', '"')))
                .isInstanceOf(Failure.class)
                .hasMessageContaining(wrong);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{`kty`:`EC`,`crv`:`P-384`}",
                "{`kty`:`OKP`,`crv`:`X25519`}",
                "{`kty`:`OKP`,`crv`:`Ed448`}",
                "{`kty`:`new`}",
                "{}",
                "{`kty`:`RSA`,`use`:`enc`}",
                "{`kty`:`RSA`,`key_ops`:[`sign`]}",
                "{`kty`:`RSA`,`alg`:`RS512`}",
                "{`kty`:`RSA`,`alg`:`HS256`}",
                "{`kty`:`oct`,`alg`:`none`}"
            })
    void thoseThatAreNoneOfOursAreLeftOut(String json) {
        assertThat(TokenKey.read(Json.read(json.replace('`', '"').getBytes(UTF_8), 1 << 20)))
                .isEmpty();
    }

    @Test
    void setsWithoutAnyOrWithTheSameTwiceAreRefused() {
        String key = "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"" + Issuer.encoded(new byte[32]) + "\"}";
        for (String set : new String[] {
            "",
            "[]",
            "{}",
            "{\"keys\":[]}",
            "{\"keys\":{}}",
            "{\"keys\":[" + key + "," + key + "]}",
            "{\"keys\":[" + key + "],\"keys\":[]}"
        }) {
            assertThatThrownBy(() -> TokenKeys.read(set.getBytes(UTF_8)))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid: ");
        }
        assertThat(key(key).toString()).isEqualTo("HS256 key a");
    }
}
