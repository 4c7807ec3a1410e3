package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.OsException;
import java.io.IOException;

/** What the kernel refused, in the words of {@link Failure}: the one place where errno becomes a category. */
final class Refused {
    private Refused() {}

    static Failure by(IOException refused) {
        Category category = refused instanceof OsException os ? category(os) : Category.UNAVAILABLE;
        String wrong = refused.getMessage();
        return Failure.of(category, wrong == null ? refused.toString() : wrong, refused);
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
