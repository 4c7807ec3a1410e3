package io.varve.job;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who is next: callers take turns, whatever each has waiting, and each one's tasks keep their order. Guarded by {@link Jobs}.
 */
final class Turns {
    // The caller whose turn is next comes first.
    private final Map<String, Deque<Task>> waiting = new LinkedHashMap<>();

    void add(Task task) {
        waiting.computeIfAbsent(task.caller(), first -> new ArrayDeque<>()).add(task);
    }

    Optional<Task> next() {
        if (waiting.isEmpty()) {
            return Optional.empty();
        }
        Map.Entry<String, Deque<Task>> first = waiting.entrySet().iterator().next();
        Deque<Task> tasks = first.getValue();
        Task task = tasks.remove();
        waiting.remove(first.getKey());
        if (!tasks.isEmpty()) {
            waiting.put(first.getKey(), tasks);
        }
        return Optional.of(task);
    }

    /** Whether it was waiting. */
    boolean remove(Task task) {
        Deque<Task> tasks = waiting.get(task.caller());
        if (tasks == null || !tasks.remove(task)) {
            return false;
        }
        if (tasks.isEmpty()) {
            waiting.remove(task.caller());
        }
        return true;
    }

    int size() {
        return waiting.values().stream().mapToInt(Deque::size).sum();
    }
}
