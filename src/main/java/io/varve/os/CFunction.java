package io.varve.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A function of the C library, which is looked for when it is called first. A call returns what the function did or, when that is
 * negative, {@code -errno}, like the kernel itself; the {@code errno} is taken before the JVM can change it.
 *
 * <p>Every kind of call takes the JVM several milliseconds to link, which is much for a command that has few hundred. So there are three
 * kinds, and each has six words: integers and addresses come in a register each, however many a function takes and whether it declares
 * them or not, and at others it does not look (System V ABI, AMD64 supplement, §3.2.3; AAPCS64, §6.8.2). Memory that is handed over is
 * kept alive for as long as the call takes. When the C library has no such function, a call throws {@link
 * UnsupportedOperationException}.
 */
final class CFunction {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> CAPTURED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    // Each is linked when something is called so first.

    private static final class Words {
        static final MethodHandle CALL = handle(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private static final class SecondIsMemory {
        static final MethodHandle CALL = handle(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private static final class AllAreMemory {
        static final MethodHandle CALL = handle(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    }

    private final String name;
    private final boolean wide;

    // Whoever does not see yet what another thread has found finds the same.
    private @Nullable MemorySegment address;

    private CFunction(String name, boolean wide) {
        this.name = name;
        this.wide = wide;
    }

    /** One that returns an int: what is in the other half of the register means nothing. */
    static CFunction ofInt(String name) {
        return new CFunction(name, false);
    }

    static CFunction ofLong(String name) {
        return new CFunction(name, true);
    }

    private static MethodHandle handle(MemoryLayout... parameters) {
        return LINKER.downcallHandle(
                FunctionDescriptor.of(JAVA_LONG, parameters), Linker.Option.captureCallState("errno"));
    }

    /** A number where memory could stand. */
    static MemorySegment word(long number) {
        return MemorySegment.ofAddress(number);
    }

    long call(long a, long b, long c, long d, long e, long f) {
        MemorySegment function = address();
        MemorySegment state = CAPTURED.get();
        try {
            return result((long) Words.CALL.invokeExact(function, state, a, b, c, d, e, f), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    long call(long a, MemorySegment b, long c, long d, long e, long f) {
        MemorySegment function = address();
        MemorySegment state = CAPTURED.get();
        try {
            return result((long) SecondIsMemory.CALL.invokeExact(function, state, a, b, c, d, e, f), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** For those that are called less often: each {@link #word} is an object. */
    long call(MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d, MemorySegment e) {
        MemorySegment function = address();
        MemorySegment state = CAPTURED.get();
        try {
            return result(
                    (long) AllAreMemory.CALL.invokeExact(function, state, a, b, c, d, e, MemorySegment.NULL), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    private long result(long register, MemorySegment state) {
        long returned = wide ? register : (int) register;
        return returned >= 0 ? returned : -(int) ERRNO.get(state, 0L);
    }

    private MemorySegment address() {
        MemorySegment found = address;
        if (found == null) {
            found = LINKER.defaultLookup()
                    .find(name)
                    .orElseThrow(() -> new UnsupportedOperationException("the C library has no " + name));
            address = found;
        }
        return found;
    }

    private static IllegalStateException impossible(Throwable thrown) {
        return new IllegalStateException("a native call threw", thrown);
    }
}
