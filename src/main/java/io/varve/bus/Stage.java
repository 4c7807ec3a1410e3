package io.varve.bus;

import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/**
 * A stage of the pipeline: it opens flows for those who ask at its address. Each flow is a verticle of its own below this one,
 * with its own context and address, so no two streams ever wait for each other, and undeploying it gives all of it back.
 *
 * @param <Q> what a flow is opened with
 */
public final class Stage<Q extends Local> extends VerticleBase {

    /**
     * A flow that was opened.
     *
     * @param address where its slabs go
     * @param flow what it was opened as; only what that says of itself may be used from elsewhere
     */
    public record Opened(String address, String deployment, Flow flow) {}

    /** How a flow begins. */
    @FunctionalInterface
    public interface Opening<Q> {
        /** @param context the flow's, which this is called on; it may block */
        Flow open(Context context, Q question);
    }

    private final Bus bus;
    private final String address;
    private final DeploymentOptions flows;
    private final Opening<Q> opening;

    /**
     * @param flows on which threads the flows are
     */
    public Stage(Bus bus, String address, DeploymentOptions flows, Opening<Q> opening) {
        this.bus = bus;
        this.address = address;
        this.flows = flows;
        this.opening = opening;
    }

    @Override
    public Future<?> start() {
        return bus.serve(address, this::open).completion();
    }

    private Future<Opened> open(Q question) {
        FlowVerticle flow = new FlowVerticle(bus, address, on -> opening.open(on, question));
        return vertx.deployVerticle(flow, flows).map(flow::opened);
    }
}
