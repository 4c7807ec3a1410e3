package io.varve.benchmark.trace;

import java.util.Arrays;
import java.util.Random;

/**
 * A sequence of images that are asked for: nine tenths by popularity, as Zipf's law has it, and one tenth in scans that
 * take a quarter of all images one after the other, in no order of popularity (a job that looks at every image, a listing of all).
 * It is a function of its arguments: {@link Random} is specified to the bit.
 */
final class AccessTrace {
    /** So many popular accesses for each that is part of a scan. */
    private static final int POPULAR = 9;

    private static final int SCANS = 4;

    /** What was seen of requests to registries and of the web: a little less steep than Zipf's own 1. */
    private static final double EXPONENT = 0.9;

    private AccessTrace() {}

    /** @param images how many there are; they are numbered from 0 */
    static int[] of(int images, int accesses, long seed) {
        Random random = new Random(seed);
        int[] byRank = shuffled(images, random);
        double[] upTo = upTo(images);
        int scan = images / SCANS;
        int period = scan * (POPULAR + 1);
        int[] trace = new int[accesses];
        int scanned = 0;
        for (int i = 0; i < accesses; i++) {
            if (i % period < POPULAR * scan) {
                trace[i] = byRank[rank(upTo, random.nextDouble())];
            } else {
                trace[i] = scanned++ % images;
            }
        }
        return trace;
    }

    private static int[] shuffled(int count, Random random) {
        int[] all = new int[count];
        Arrays.setAll(all, i -> i);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int moved = all[i];
            all[i] = all[j];
            all[j] = moved;
        }
        return all;
    }

    /** The share of all accesses that the images of this rank and the ranks before it have. */
    private static double[] upTo(int images) {
        double[] upTo = new double[images];
        double sum = 0;
        for (int rank = 0; rank < images; rank++) {
            sum += StrictMath.pow(rank + 1, -EXPONENT);
            upTo[rank] = sum;
        }
        for (int rank = 0; rank < images; rank++) {
            upTo[rank] /= sum;
        }
        return upTo;
    }

    private static int rank(double[] upTo, double share) {
        int found = Arrays.binarySearch(upTo, share);
        return Math.min(found >= 0 ? found : -found - 1, upTo.length - 1);
    }
}
