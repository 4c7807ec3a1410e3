package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.OsException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NotDirectoryException;

/** What the kernel refused, in the words of {@link Failure}: the one place where errno becomes a category. */
final class Refused {
    private Refused() {}

    static Failure by(IOException refused) {
        return switch (refused) {
            case OsException os -> Failure.of(category(os), message(os), os);
            // Of these the message is nothing but the path.
            case NotDirectoryException not -> Failure.of(Category.CONFLICT, not.getFile() + " is not a directory", not);
            case AccessDeniedException denied ->
                Failure.of(Category.UNAUTHORIZED, denied.getFile() + ": permission denied", denied);
            default -> Failure.of(Category.UNAVAILABLE, message(refused), refused);
        };
    }

    private static String message(IOException refused) {
        return refused.getMessage() == null ? refused.toString() : refused.getMessage();
    }

    private static Category category(OsException refused) {
        return switch (refused.errno()) {
            case EPERM, EACCES -> Category.UNAUTHORIZED;
            case ENOENT -> Category.NOT_FOUND;
            case EEXIST, ENOTEMPTY, EBUSY, EXDEV, ENOTDIR, EISDIR, ELOOP, ESTALE -> Category.CONFLICT;
            case EINVAL, ENAMETOOLONG, ERANGE, EOVERFLOW, ENODATA, EUCLEAN -> Category.INVALID;
            case EIO,
                    ENXIO,
                    EAGAIN,
                    EINTR,
                    ENOMEM,
                    ENOTBLK,
                    ENODEV,
                    ENFILE,
                    EMFILE,
                    EFBIG,
                    ENOSPC,
                    EROFS,
                    EMLINK,
                    ENOSYS,
                    EOPNOTSUPP,
                    EDQUOT -> Category.UNAVAILABLE;
            case EBADF, EFAULT, ENOTTY, OTHER -> Category.INTERNAL;
        };
    }
}
