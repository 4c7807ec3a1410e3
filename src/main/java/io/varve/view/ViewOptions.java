package io.varve.view;

/**
 * How to mount a view.
 *
 * @param writable whether it can be written to; the writes are the view's own and go with it
 * @param dev whether device nodes of the image work
 * @param suid whether programs of the image may change their owner or gain capabilities
 * @param image what the caller calls the image, for those who list the views; may be empty
 */
public record ViewOptions(boolean writable, boolean dev, boolean suid, String image) {
    public static final ViewOptions READ_ONLY = new ViewOptions(false, false, false, "");
    public static final ViewOptions WRITABLE = new ViewOptions(true, false, false, "");

    public ViewOptions(boolean writable, boolean dev, boolean suid) {
        this(writable, dev, suid, "");
    }
}
