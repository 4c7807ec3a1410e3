package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Failpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The thread that writes: takes all work that waits, does one after the other, and commits them together. */
final class WriterThread implements AutoCloseable {
    private final Path file;

    /** Of the thread alone. */
    private final Session session;

    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition more = lock.newCondition();
    private final Condition ended = lock.newCondition();

    // All guarded by the lock: what nobody has begun yet, whether there will be no more of it, and how much of what was
    // committed has changed names.
    private List<Work<?>> waiting = new ArrayList<>();
    private boolean closed;
    private long nameChanges;

    /** @param owned closed with this */
    WriterThread(Path file, Session owned) {
        this.file = file;
        session = owned;
        thread = Thread.ofPlatform().daemon().name("catalogue").start(this::run);
    }

    <T> T write(Function<Transaction, T> wanted) {
        Work<T> work = new Work<>(wanted);
        return write(work, work);
    }

    /** The second is done when the first is on the disk, and nothing of anybody else in between. */
    <A, T> T write(Function<Transaction, A> first, BiFunction<Transaction, A, T> second) {
        Work<A> before = new Work<>(first);
        Work<T> after = new Work<>(transaction -> second.apply(transaction, before.result()));
        before.then(after);
        return write(before, after);
    }

    private <T> T write(Work<?> first, Work<T> last) {
        if (Thread.currentThread().equals(thread)) {
            throw Failure.of(Category.INTERNAL, "a transaction within a transaction")
                    .during(Refusals.name(file));
        }
        lock.lock();
        try {
            if (closed) {
                throw Failure.of(Category.UNAVAILABLE, "it is closed").during(Refusals.name(file));
            }
            waiting.add(first);
            more.signal();
            await(first, last);
        } finally {
            lock.unlock();
        }
        return last.result();
    }

    /** With the lock. */
    private void await(Work<?> first, Work<?> last) {
        boolean interrupted = false;
        while (!last.ended()) {
            try {
                ended.await();
            } catch (InterruptedException e) {
                if (waiting.remove(first)) {
                    throw Failure.from(e).during(Refusals.name(file));
                }
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    long nameChanges() {
        lock.lock();
        try {
            return nameChanges;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        List<Work<?>> group = next();
        while (!group.isEmpty()) {
            commit(group);
            Work<?> next = group.getLast().next();
            if (next != null) {
                commit(List.of(next));
            }
            group = next();
        }
        try (session) {
            session.list("PRAGMA wal_checkpoint(TRUNCATE)", row -> row.getInt(1));
        } catch (Failure e) {
            // All of it is in the log, and whoever opens the file next takes it from there.
        }
    }

    /** Empty when there is no more. What something else follows ends its group. */
    private List<Work<?>> next() {
        lock.lock();
        try {
            while (waiting.isEmpty() && !closed) {
                more.awaitUninterruptibly();
            }
            int end = 0;
            boolean whole = false;
            while (end < waiting.size() && !whole) {
                whole = waiting.get(end++).next() != null;
            }
            List<Work<?>> group = waiting;
            waiting = new ArrayList<>(group.subList(end, group.size()));
            return group.subList(0, end);
        } finally {
            lock.unlock();
        }
    }

    private void commit(List<Work<?>> group) {
        try {
            session.execute("BEGIN IMMEDIATE");
            for (Work<?> work : group) {
                work.run(session);
            }
            Sums.renew(session);
            Failpoint.reach("catalogue.committing");
            session.execute("COMMIT");
            Failpoint.reach("catalogue.committed");
        } catch (Throwable e) {
            // Nothing of it is on the disk, or nobody knows whether it is.
            Failure failure = Failure.from(e);
            session.rollback();
            group.forEach(work -> work.fail(failure));
        }
        lock.lock();
        try {
            nameChanges += group.stream().filter(Work::named).count();
            group.forEach(Work::end);
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            more.signal();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
