package io.varve.loadtest;

/**
 * What one kind of request came to. Times are milliseconds.
 *
 * @param group that it was asked in; empty for none
 */
record Figures(
        String group, String request, long count, long failed, double perSecond, int p50, int p95, int p99, int max) {}
