import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;

/**
 * Gives the classes of a jar that were compiled for Java 5 what later ones have: stack maps (JVMS 4.10.1). The JVM takes no
 * class without them into an archive, so a command would load and verify them, and whatever refers to them, each time.
 */
final class StackMaps {
    private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;
    private static final int SINCE_WHEN_THEY_ARE_A_MUST = ClassFile.JAVA_7_VERSION;

    private StackMaps() {}

    /** @param arguments the jar, which is changed where it is */
    public static void main(String[] arguments) throws IOException {
        try (FileSystem jar = FileSystems.newFileSystem(Path.of(arguments[0]))) {
            for (Path root : jar.getRootDirectories()) {
                for (Path file : classes(root)) {
                    if (version(file) < FIRST_WITH_STACK_MAPS) {
                        FileTime time = Files.getLastModifiedTime(file);
                        Files.write(file, withStackMaps(file, root));
                        Files.setLastModifiedTime(file, time);
                    }
                }
            }
        }
    }

    private static List<Path> classes(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".class")).toList();
        }
    }

    /** Its major version (JVMS 4.1). */
    private static int version(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            in.skipNBytes(6);
            return in.readUnsignedShort();
        }
    }

    private static byte[] withStackMaps(Path file, Path root) throws IOException {
        ClassHierarchyResolver ofJar = ClassHierarchyResolver.ofResourceParsing(name -> open(root, name));
        return ClassFile.of(
                        StackMapsOption.GENERATE_STACK_MAPS,
                        ClassHierarchyResolverOption.of(ofJar.orElse(ClassHierarchyResolver.defaultResolver())))
                .transformClass(
                        ClassFile.of().parse(Files.readAllBytes(file)),
                        ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                                .andThen((builder, element) -> {
                                    if (element instanceof ClassFileVersion) {
                                        builder.withVersion(SINCE_WHEN_THEY_ARE_A_MUST, 0);
                                    } else {
                                        builder.with(element);
                                    }
                                }));
    }

    private static InputStream open(Path root, ClassDesc name) {
        String descriptor = name.descriptorString();
        Path file = root.resolve(descriptor.substring(1, descriptor.length() - 1) + ".class");
        try {
            return Files.exists(file) ? Files.newInputStream(file) : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
