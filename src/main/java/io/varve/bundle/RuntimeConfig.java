package io.varve.bundle;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.Execution;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code config.json} of a bundle (runtime-spec 1.0.2, config.md and config-linux.md), out of an image configuration (image-spec,
 * conversion.md). What it allows is what Docker's containers are allowed by default.
 */
final class RuntimeConfig {
    private static final String VERSION = "1.0.2";
    private static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static final List<String> CAPABILITIES = List.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FSETID",
            "CAP_FOWNER",
            "CAP_MKNOD",
            "CAP_NET_RAW",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SETFCAP",
            "CAP_SETPCAP",
            "CAP_NET_BIND_SERVICE",
            "CAP_SYS_CHROOT",
            "CAP_KILL",
            "CAP_AUDIT_WRITE");

    private static final List<String> MASKED = List.of(
            "/proc/acpi",
            "/proc/asound",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/proc/scsi",
            "/sys/firmware",
            "/sys/devices/virtual/powercap");

    private static final List<String> READ_ONLY =
            List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

    /**
     * How the names of annotations begin that tell runtimes what to do on the host: properties of the container's unit
     * of systemd, which may be commands (runc and crun); whatever else crun lets itself be told; files with options of
     * CRIU; the hypervisor, the kernel and the paths of Kata Containers; flags of gVisor; devices of the Container
     * Device Interface. That is for whoever runs a bundle to say, and not for whoever made its image.
     */
    private static final List<String> FOR_RUNTIMES = List.of(
            "org.systemd.property.", "run.oci.", "org.criu.", "io.katacontainers.", "dev.gvisor.", "cdi.k8s.io/");

    private final ImageConfig image;
    private final BundleOptions options;
    private final User user;
    private final ObjectNode json = Json.object();

    private RuntimeConfig(ImageConfig image, BundleOptions options, User user) {
        this.image = image;
        this.options = options;
        this.user = user;
    }

    /**
     * @param users of the image
     * @param host who makes the bundle, of whom a rootless one has nothing but his rights
     * @throws Failure NotFound for a user that the image does not know; Invalid when there is nothing to run, and when a rootless one
     *     is to be run by another user than root
     */
    static ObjectNode of(ImageConfig image, BundleOptions options, Users users, User host) {
        String wanted = options.user() == null ? image.execution().user() : options.user();
        RuntimeConfig config = new RuntimeConfig(image, options, users.find(wanted));
        config.json.put("ociVersion", VERSION);
        config.process();
        config.json
                .putObject("root")
                .put("path", "rootfs")
                .put("readonly", options.root() == BundleOptions.Root.READ_ONLY);
        config.mounts();
        config.annotations();
        config.linux(host);
        return config.json;
    }

    private void process() {
        ObjectNode process = json.putObject("process").put("terminal", false);
        ObjectNode who = process.putObject("user").put("uid", user.uid()).put("gid", user.gid());
        if (!user.additionalGids().isEmpty() && !options.rootless()) {
            user.additionalGids().forEach(who.putArray("additionalGids")::add);
        }
        texts(process, "args", args());
        texts(process, "env", env());
        String directory = image.execution().workingDir();
        process.put("cwd", directory.startsWith("/") ? directory : "/" + directory);
        ObjectNode capabilities = process.putObject("capabilities");
        for (String set : List.of("bounding", "effective", "permitted")) {
            texts(capabilities, set, CAPABILITIES);
        }
        process.put("noNewPrivileges", true);
    }

    private List<String> args() {
        List<String> args = new ArrayList<>();
        if (options.args() != null) {
            args.addAll(options.args());
        } else {
            Execution execution = image.execution();
            args.addAll(execution.entrypoint() == null ? List.of() : execution.entrypoint());
            args.addAll(execution.cmd() == null ? List.of() : execution.cmd());
        }
        if (args.isEmpty()) {
            throw Failure.invalid("args: got none, and the image has neither entrypoint nor command");
        }
        return args;
    }

    /** Of variables that are there twice the last one holds. */
    private List<String> env() {
        Map<String, String> byName = new LinkedHashMap<>();
        byName.put("PATH", PATH);
        for (List<String> each : List.of(image.execution().env(), options.env())) {
            for (String variable : each) {
                int equals = variable.indexOf('=');
                if (equals < 1) {
                    throw Failure.invalid("env: got " + variable + ", wanted NAME=value");
                }
                byName.put(variable.substring(0, equals), variable);
            }
        }
        return List.copyOf(byName.values());
    }

    private void mounts() {
        ArrayNode mounts = json.putArray("mounts");
        mount(mounts, "/proc", "proc", "proc");
        mount(mounts, "/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k");
        if (options.rootless()) {
            mount(
                    mounts,
                    "/dev/pts",
                    "devpts",
                    "devpts",
                    "nosuid",
                    "noexec",
                    "newinstance",
                    "ptmxmode=0666",
                    "mode=0620");
        } else {
            mount(
                    mounts,
                    "/dev/pts",
                    "devpts",
                    "devpts",
                    "nosuid",
                    "noexec",
                    "newinstance",
                    "ptmxmode=0666",
                    "mode=0620",
                    "gid=5");
        }
        mount(mounts, "/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k");
        mount(mounts, "/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev");
        if (options.rootless()) {
            // Whoever has no network namespace of his own may not mount another one's.
            mount(mounts, "/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
        } else {
            mount(mounts, "/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
            mount(mounts, "/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
        }
    }

    private static void mount(ArrayNode mounts, String at, String type, String source, String... options) {
        ObjectNode mount =
                mounts.addObject().put("destination", at).put("type", type).put("source", source);
        if (options.length > 0) {
            texts(mount, "options", List.of(options));
        }
    }

    /**
     * What the image says of itself; its labels last, which so are right about names that both have. Labels that would
     * be orders to the runtime are left out, though conversion.md lets every label become an annotation.
     */
    private void annotations() {
        Map<String, String> all = new TreeMap<>();
        put(all, "os", image.platform().os());
        put(all, "architecture", image.platform().architecture());
        put(all, "variant", image.platform().variant());
        put(all, "author", image.author());
        put(all, "created", image.created() == null ? "" : image.created().toString());
        put(all, "stopSignal", image.execution().stopSignal());
        put(all, "exposedPorts", String.join(",", image.execution().exposedPorts()));
        image.execution().labels().forEach((name, value) -> {
            if (FOR_RUNTIMES.stream().noneMatch(name::startsWith)) {
                all.put(name, value);
            }
        });
        ObjectNode annotations = json.putObject("annotations");
        all.forEach(annotations::put);
    }

    private static void put(Map<String, String> annotations, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            annotations.put("org.opencontainers.image." + name, value);
        }
    }

    private void linux(User host) {
        ObjectNode linux = json.putObject("linux");
        List<String> namespaces = new ArrayList<>(List.of("pid", "ipc", "uts", "mount", "cgroup"));
        if (options.rootless()) {
            if (user.uid() != 0 || user.gid() != 0) {
                throw Failure.invalid("user: got " + user.uid() + ":" + user.gid()
                        + ", wanted 0:0: whoever has his own rights alone is root inside, and nobody else is there");
            }
            namespaces.add("user");
            mapping(linux, "uidMappings", host.uid());
            mapping(linux, "gidMappings", host.gid());
        } else {
            namespaces.add("network");
            ObjectNode rule = linux.putObject("resources").putArray("devices").addObject();
            rule.put("allow", false).put("access", "rwm");
        }
        ArrayNode all = linux.putArray("namespaces");
        namespaces.forEach(type -> all.addObject().put("type", type));
        texts(linux, "maskedPaths", MASKED);
        texts(linux, "readonlyPaths", READ_ONLY);
    }

    private static void mapping(ObjectNode linux, String name, int host) {
        linux.putArray(name)
                .addObject()
                .put("containerID", 0)
                .put("hostID", host)
                .put("size", 1);
    }

    private static void texts(ObjectNode in, String name, List<String> texts) {
        ArrayNode array = in.putArray(name);
        texts.forEach(array::add);
    }
}
