package io.varve.loadtest;

import io.gatling.javaapi.core.Simulation;
import io.varve.loadtest.simulation.Mixed;
import io.varve.loadtest.simulation.Saturation;
import io.varve.loadtest.simulation.SlowClients;
import io.varve.loadtest.simulation.Soak;

/** What can be run, and how long and how much of it unless something else is said. */
enum Load {
    MIXED("mixed", Mixed.class, 60, 32),
    SATURATION("saturation", Saturation.class, 160, 150),
    SOAK("soak", Soak.class, 900, 32),
    SLOW_CLIENTS("slow-clients", SlowClients.class, 90, 200);

    private final String title;
    private final Class<? extends Simulation> simulation;
    private final int seconds;
    private final int users;

    Load(String title, Class<? extends Simulation> simulation, int seconds, int users) {
        this.title = title;
        this.simulation = simulation;
        this.seconds = seconds;
        this.users = users;
    }

    String title() {
        return title;
    }

    Class<? extends Simulation> simulation() {
        return simulation;
    }

    int seconds() {
        return seconds;
    }

    int users() {
        return users;
    }
}
