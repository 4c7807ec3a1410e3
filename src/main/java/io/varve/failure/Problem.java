package io.varve.failure;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A failure as HTTP tells it (RFC 9457, {@code application/problem+json}), and the events of jobs.
 *
 * @param status of HTTP
 * @param title what kind of failure it is, for people
 * @param category the same for programs
 * @param detail what was being done, and what was wrong with it; has nothing of this machine in it when the failure is ours
 */
public record Problem(int status, String title, String category, String detail) {
    private static final String TYPE = "https://varve.io/problems/";
    private static final int WORDS = 2;

    /** The usual one of its category. */
    public static Problem of(Failure failure) {
        return of(failure, status(failure.category()));
    }

    /** With a status that says more than its category does. */
    public static Problem of(Failure failure, int status) {
        Category category = failure.category();
        String message = failure.getMessage();
        String detail =
                message.substring(Math.min(message.length(), category.toString().length() + WORDS));
        return new Problem(status, title(category), category.toString(), detail);
    }

    private static int status(Category category) {
        return switch (category) {
            case NOT_FOUND -> 404;
            case INVALID -> 400;
            case MISMATCH -> 422;
            case EXCEEDED -> 413;
            case UNAUTHORIZED -> 403;
            case CONFLICT -> 409;
            case UNAVAILABLE, CANCELLED -> 503;
            case INTERNAL -> 500;
        };
    }

    private static String title(Category category) {
        return switch (category) {
            case NOT_FOUND -> "There is no such thing";
            case INVALID -> "The input is not right";
            case MISMATCH -> "The bytes are not those that were promised";
            case EXCEEDED -> "A limit was passed";
            case UNAUTHORIZED -> "The caller may not do this";
            case CONFLICT -> "The state of things forbids it";
            case UNAVAILABLE -> "What is needed is not there now";
            case CANCELLED -> "It was cancelled";
            case INTERNAL -> "Varve is wrong";
        };
    }

    public ObjectNode toJson() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", TYPE + category)
                .put("title", title)
                .put("status", status)
                .put("detail", detail)
                .put("category", category);
    }
}
