package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.guard.Deadline;
import io.varve.oci.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Chromium without a window, asked through its driver (W3C WebDriver). */
final class Browser {
    static final String TAB = "\uE004";
    static final String ENTER = "\uE007";

    private static final Pattern PORT = Pattern.compile("started successfully on port (\\d+)");
    private static final int PATIENCE_S = 60;

    private final Process driver;
    private final HttpClient client = HttpClient.newHttpClient();
    private final String session;

    private Browser(Process driver, String address, Path profile) throws IOException, InterruptedException {
        this.driver = driver;
        ObjectNode wanted = Json.object();
        ObjectNode always = wanted.putObject("capabilities").putObject("alwaysMatch");
        ArrayNode arguments = always.putObject("goog:chromeOptions").putArray("args");
        List.of(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--window-size=1000,900",
                        "--user-data-dir=" + profile)
                .forEach(arguments::add);
        always.putObject("goog:loggingPrefs").put("browser", "ALL");
        session = address + "/session/"
                + send(address + "/session", wanted).get("sessionId").textValue();
    }

    /** @param profile new; what the browser keeps */
    static Browser start(Path profile) throws IOException, InterruptedException {
        Peers.need("chromium", "chromedriver");
        Process driver = new ProcessBuilder("chromedriver", "--port=0")
                .redirectErrorStream(true)
                .start();
        BufferedReader told = driver.inputReader();
        for (String line = told.readLine(); line != null; line = told.readLine()) {
            Matcher port = PORT.matcher(line);
            if (port.find()) {
                return new Browser(driver, "http://127.0.0.1:" + port.group(1), profile);
            }
        }
        throw new IOException("chromedriver has ended");
    }

    private JsonNode send(String url, ObjectNode body) throws IOException, InterruptedException {
        return value(HttpRequest.newBuilder(URI.create(url))
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(body)))
                .build());
    }

    private JsonNode value(HttpRequest request) throws IOException, InterruptedException {
        JsonNode value = Json.read(
                        client.send(request, BodyHandlers.ofByteArray()).body(), 1 << 26)
                .get("value");
        assertThat(value.path("error").isMissingNode()).as(value.toString()).isTrue();
        return value;
    }

    void open(String url) throws IOException, InterruptedException {
        send(session + "/url", Json.object().put("url", url));
    }

    /** What the script returns. */
    JsonNode run(String script) throws IOException, InterruptedException {
        ObjectNode body = Json.object().put("script", script);
        body.putArray("args");
        return send(session + "/execute/sync", body);
    }

    /** What the page shows of the element, once it has all of that. */
    String await(String id, String... texts) throws Exception {
        String look = "return document.getElementById('" + id + "').innerText";
        return Deadline.await(
                "it shows " + id,
                () -> run(look).textValue(),
                shown -> List.of(texts).stream().allMatch(shown::contains));
    }

    void press(String key) throws IOException, InterruptedException {
        ObjectNode body = Json.object();
        ObjectNode keyboard =
                body.putArray("actions").addObject().put("type", "key").put("id", "keyboard");
        ArrayNode actions = keyboard.putArray("actions");
        actions.addObject().put("type", "keyDown").put("value", key);
        actions.addObject().put("type", "keyUp").put("value", key);
        send(session + "/actions", body);
    }

    /** What of the page has the focus. */
    String focused() throws IOException, InterruptedException {
        return run("return document.activeElement.innerText || document.activeElement.id")
                .textValue();
    }

    /** As on a machine that likes it dark. */
    void darken() throws IOException, InterruptedException {
        ObjectNode body = Json.object().put("cmd", "Emulation.setEmulatedMedia");
        body.putObject("params")
                .putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", "dark");
        send(session + "/goog/cdp/execute", body);
    }

    void screenshot(Path file) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(session + "/screenshot")).build();
        Files.write(file, Base64.getDecoder().decode(value(request).textValue()));
    }

    /** What it complained of since it was last asked: scripts that failed, what a policy refused, what was not there. */
    List<String> complaints() throws IOException, InterruptedException {
        return send(session + "/se/log", Json.object().put("type", "browser")).findValuesAsText("message");
    }

    void end() throws IOException, InterruptedException {
        client.send(HttpRequest.newBuilder(URI.create(session)).DELETE().build(), BodyHandlers.discarding());
        driver.destroy();
        driver.waitFor(PATIENCE_S, TimeUnit.SECONDS);
    }
}
