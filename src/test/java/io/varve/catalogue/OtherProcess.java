package io.varve.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Somebody else at the catalogue, in a process of its own, which does what its words say. */
final class OtherProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader said;

    private OtherProcess(Process process) {
        this.process = process;
        said = process.inputReader(UTF_8);
    }

    /** What is run there: {@code read FILE NAME}, {@code write FILE NAME}, or {@code hold FILE NAME}. */
    public static void main(String[] words) throws IOException {
        Path file = Path.of(words[1]);
        if (words[0].equals("read")) {
            try (Catalogue catalogue = Catalogue.open(file)) {
                System.out.println(catalogue.tag(words[2]).isPresent());
            }
            return;
        }
        SampleImage image = SampleImage.of("base");
        CatalogueWriter.open(file).write(transaction -> {
            image.store(transaction, SampleImage.NOW);
            transaction.tag(words[2], image.digest(), SampleImage.NOW);
            return true;
        });
        System.out.println("written");
        if (words[0].equals("hold")) {
            System.out.println(System.in.read());
        }
        // Neither closes what it has written.
        Runtime.getRuntime().halt(0);
    }

    static OtherProcess start(String what, Path file, String name) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                OtherProcess.class.getName(),
                what,
                file.toString(),
                name));
        return new OtherProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** The next line that it says. */
    String says() throws IOException {
        return String.valueOf(said.readLine());
    }

    /** Ends it, if it does not end by itself. */
    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
