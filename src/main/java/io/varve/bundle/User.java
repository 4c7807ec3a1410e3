package io.varve.bundle;

import java.util.List;

/** Who a process is. */
record User(int uid, int gid, List<Integer> additionalGids) {}
