package io.varve.cli;

import io.varve.api.Api;
import io.varve.api.ApiOptions;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "serve",
        description = {
            "Serve the store by HTTP/1.1 and HTTP/2, until Ctrl-C or SIGTERM: on this machine, or with TLS to whom the settings of"
                    + " http.auth let in.",
            "",
            "POST /v1/pulls pulls an image as a job; /v1/jobs, /v1/images and its files, /v1/gc and /v1/why are the rest, and"
                    + " /openapi.yaml says all of it. /health/live and /health/ready are for whoever watches over it.",
            "It is a registry as well: the image HOST:PORT/app:1 of the store is app:1 there, whether it was pushed or `varve tag`"
                    + " gave it that name. Commands go on beside it: build, import, push, pull, tag, rm and gc ask it by a socket in the store.",
            "",
            "Example: varve serve & curl -H 'Content-Type: application/json' -H 'Prefer: wait=60'"
                    + " -d '{\"image\": \"debian\"}' http://127.0.0.1:7077/v1/pulls",
            "Example: varve tag debian:12 127.0.0.1:7077/debian:12; varve serve & skopeo copy --src-tls-verify=false"
                    + " docker://127.0.0.1:7077/debian:12 oci:copy"
        })
final class ServeCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS:PORT",
            description =
                    "Where to listen: an address, of loopback unless callers have to say who they are (http.auth), and 0 for any port that is free. Default: the setting"
                            + " http.listen, which is 127.0.0.1:7077.")
    @Nullable
    String listen;

    @Override
    public void run(UseCases useCases) {
        StderrLogging.use(useCases.jsonLog() ? StderrLogging.Form.SERVICE_JSON : StderrLogging.Form.SERVICE);
        ApiOptions options = listen == null ? useCases.http() : useCases.http().at(listen);
        try (Api api = useCases.serving().apply(options)) {
            say("serving " + useCases.store().directory() + " at " + api.url() + "; its images named " + api.name()
                    + "/... are there");
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                String patience = Sizes.duration(useCases.drain().toNanos());
                api.drain(useCases.drain(), () -> say("ending; jobs, and who is being answered, have " + patience));
            }
        }
    }

    private void say(String line) {
        if (!varve.options.quiet) {
            System.err.println(line);
        }
    }
}
