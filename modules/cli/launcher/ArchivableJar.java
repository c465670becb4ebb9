import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Gives the classes of a jar the class file version of this JDK: {@code java ArchivableJar.java FROM.jar TO.jar}. The
 * start-up cache takes no class older than Java 6, for those are verified in the old way; picocli is compiled for Java 5,
 * and reading, checking and linking it anew at each start took half of the time to a usable disk.
 */
final class ArchivableJar {

    public static void main(String[] args) throws IOException {
        var from = Path.of(args[0]);
        var itself = ClassHierarchyResolver.ofClassLoading(new URLClassLoader(new URL[] {from.toUri().toURL()}));
        // Newer versions have stack maps, which need to know what extends what.
        var classFile = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(itself));
        try (var in = new JarFile(from.toFile());
                var out = new JarOutputStream(Files.newOutputStream(Path.of(args[1])))) {
            for (var entry : Collections.list(in.entries())) {
                byte[] bytes = in.getInputStream(entry).readAllBytes();
                boolean isClass = entry.getName().endsWith(".class") && !entry.getName().endsWith("module-info.class");
                out.putNextEntry(new JarEntry(entry.getName()));
                out.write(isClass ? renewed(classFile, classFile.parse(bytes)) : bytes);
                out.closeEntry();
            }
        }
    }

    /** The same class; the code of each method is written anew, since only that makes stack maps. */
    private static byte[] renewed(ClassFile classFile, ClassModel old) {
        return classFile.build(old.thisClass().asSymbol(), renewed -> {
            renewed.withVersion(ClassFile.latestMajorVersion(), 0);
            for (var element : old) {
                switch (element) {
                    case ClassFileVersion version -> {}
                    case MethodModel method -> renewed.transformMethod(
                            method, MethodTransform.transformingCode((code, part) -> code.with(part)));
                    default -> renewed.with(element);
                }
            }
        });
    }
}
