package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that umoci makes, or is given, show what umoci itself unpacks of them. */
class UmociIT {
    @TempDir
    Path directory;

    private Path layout;
    private Stack stack;

    @BeforeEach
    void emptyImage() throws IOException, InterruptedException {
        Peers.need("umoci", "setcap", "setfattr", "getfattr");
        Peers.needRoot();
        layout = directory.resolve("layout");
        stack = new Stack(directory);
        umoci("init", "--layout", "layout");
        umoci("new", "--image", "layout:it");
    }

    private void umoci(String... words) throws IOException, InterruptedException {
        String[] all = new String[words.length + 1];
        all[0] = "umoci";
        System.arraycopy(words, 0, all, 1, words.length);
        new Program(directory, all).succeed();
    }

    /** What umoci makes of the image, without the files of its own beside the root. */
    private Path unpacked() throws IOException, InterruptedException {
        umoci("raw", "unpack", "--image", "layout:it", "umoci");
        return directory.resolve("umoci");
    }

    /** Changes a root and lets umoci find out what changed: one more layer. */
    private void repack(String script) throws IOException, InterruptedException {
        Program.shell(directory.resolve("bundle/rootfs"), script).succeed();
        umoci("repack", "--refresh-bundle", "--image", "layout:it", "bundle");
    }

    private void add(Tarball tar) throws IOException, InterruptedException {
        Files.write(directory.resolve("layer.tar"), tar.bytes());
        umoci("raw", "add-layer", "--image", "layout:it", "layer.tar");
    }

    @Test
    void imageWithoutLayersIsAnEmptyRoot() throws IOException, InterruptedException {
        stack.pull("oci:" + layout + ":it").assertSameAs(unpacked());
        assertThat(stack.shows()).isEmpty();
    }

    @Test
    void layersOfItsOwnMaking() throws IOException, InterruptedException {
        umoci("unpack", "--image", "layout:it", "bundle");
        repack("""
                mkdir -p bin etc/deep/er var/log/gone/with/all become/file become/link dev tmp empty
                printf '#!/bin/sh\\n' > bin/tool; chmod 4755 bin/tool; ln bin/tool bin/alias; ln bin/tool etc/deep/alias
                printf x > bin/groupid; chmod 2711 bin/groupid
                printf y > bin/capable; setcap cap_net_raw+ep bin/capable
                chmod 1777 tmp; chmod 0700 empty; chown 1000:2000 empty
                printf z > etc/owned; chown 65534:4294967294 etc/owned; chmod 0000 etc/owned
                printf replaced > etc/file; printf short > etc/one; ln etc/one etc/two; ln etc/one etc/three
                for n in 0 1 511 512 513 4095 4096 4097 70000; do head -c $n /dev/urandom > etc/size-$n; done
                truncate -s 1M etc/hole; printf end >> etc/hole
                ln -s ../etc/file bin/symlink; ln -s nowhere bin/dangling; ln -s /nowhere bin/root; ln -s loop bin/loop
                chown -h 5:6 bin/dangling; touch -h -d @1234567 bin/symlink
                ln -s "$(printf 'far/%.0s' $(seq 500))" bin/far
                mknod dev/null c 1 3; chmod 666 dev/null; mknod dev/disk b 259 1048575; mkfifo dev/pipe
                chown 7:8 dev/null dev/pipe
                setfattr -n user.text -v text etc/file; setfattr -n user.binary -v 0x00ff0a3d00 etc/file
                setfattr -n trusted.t -v "$(head -c 3000 /dev/zero | tr '\\0' q)" etc/deep
                setfattr -h -n trusted.link -v l bin/dangling; setfattr -n trusted.pipe -v p dev/pipe
                setfattr -n user.empty etc/deep/er
                # An ACL: u::rw-,u:7:r--,g::r--,m::r--,o::---
                setfattr -n system.posix_acl_access \\
                  -v 0x0200000001000600ffffffff020004000700000004000400ffffffff10000400ffffffff20000000ffffffff etc/one
                mkdir odd; cd odd
                touch $'new\\nline' $'\\xff\\xfe' ' space ' -- -dash '*' 'back\\slash' .hidden ..dots ... 'q"uo'"'te" \\
                  $'tab\\t' $'\\x01' 'ünïcödé' "$(head -c 255 /dev/zero | tr '\\0' n)"
                mkdir -p "$(printf 'component-of-a-long-path/%.0s' $(seq 20))"
                touch -d @1 ' space '; touch -d @4000000000 ./...; touch -d @2000000000.999999999 ./-dash
                cd ..; printf log > var/log/gone/with/all/of-it; printf b > become/file/in; printf l > become/link/in
                touch -d @999 etc/deep var
                """);
        repack("""
                rm etc/file; rm -r var/log/gone
                rm -r become/file; printf file > become/file
                rm -r become/link; ln -s ../etc become/link
                rm bin/symlink; mkdir bin/symlink; printf in > bin/symlink/in
                rm bin/dangling; printf file > bin/dangling
                rm bin/groupid; ln -s capable bin/groupid
                rm bin/root; ln -s /elsewhere bin/root
                rm dev/pipe; mknod dev/pipe c 1 5; rm dev/null; mkfifo dev/null
                rm bin/alias; printf another > bin/alias
                ln etc/two var/four
                chmod 0600 bin/capable; setcap cap_chown+p bin/tool
                chown 3:3 etc/deep; setfattr -x trusted.t etc/deep; setfattr -n user.new -v n etc/size-0
                printf more >> etc/size-512; touch -d @5 etc/size-1
                rm odd/..dots; mkdir odd/..dots; rm odd/$'\\xff\\xfe'; mv odd/$'new\\nline' odd/moved
                touch -d @998 etc/deep .
                """);
        repack("""
                mkdir -p var/log/gone/with; printf back > var/log/gone/with/another
                printf again > etc/file
                rm become/file; mkfifo become/file
                rm -r bin/symlink; ln bin/tool bin/symlink
                """);
        Program.shell(directory, "mkdir source; printf s > source/s; ln source/s source/t; mkdir source/d")
                .succeed();
        umoci("insert", "--image", "layout:it", "source", "/inserted");
        umoci("insert", "--image", "layout:it", "source", "/etc/deep");
        umoci("insert", "--image", "layout:it", "--opaque", "source", "/odd");
        umoci("insert", "--image", "layout:it", "--whiteout", "/tmp");
        umoci("config", "--image", "layout:it", "--config.cmd", "/bin/tool", "--config.env", "A=b");

        stack.pull("oci:" + layout + ":it").assertSameAs(unpacked());

        assertThat(stack.shows())
                .contains("odd/s", "inserted/d/", "etc/deep/er/", "var/log/gone/with/another", "become/link")
                .doesNotContain("tmp/", "odd/moved", "odd/...", "var/log/gone/with/all/");
        assertThat(stack.line("bin/capable")).startsWith("f 600 ");
    }

    @Test
    void odditiesThatAreNotReplaced() throws IOException, InterruptedException {
        umoci("unpack", "--image", "layout:it", "bundle");
        repack("""
                touch $'new\\nline' $'\\xff\\xfe' ' space ' -- -dash '*' 'back\\slash' .hidden ..dots ... 'q"uo'"'te" \\
                  $'tab\\t' $'\\x01' 'ünïcödé' "$(head -c 255 /dev/zero | tr '\\0' n)"
                setfattr -n user.x -v 1 $'new\\nline' $'\\xff\\xfe' 'back\\slash'
                mkdir -p "$(printf 'component-of-a-long-path/%.0s' $(seq 20))"
                printf x > "$(printf 'component-of-a-long-path/%.0s' $(seq 20))leaf"
                ln -s $'to\\n\\xff\\\\' link
                """);

        stack.pull("oci:" + layout + ":it").assertSameAs(unpacked());

        assertThat(stack.shows()).hasSize(13 + 1 + 21 + 1);
    }

    /** What umoci would not write by itself: times of nanoseconds, implied directories, links and marks between layers. */
    @Test
    void layersAddedVerbatim() throws IOException, InterruptedException {
        byte[] capability = {1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        // The root comes last: umoci does not give a directory back the time it had before an implied directory was
        // made
        // in it, where Varve keeps the time that a layer said.
        add(new Tarball()
                .time("7.5")
                .dir("d")
                .time("1600000000.123456789")
                .owner(3_000_000, 4_294_967_294L)
                .mode(06755)
                .xattr("security.capability", capability)
                .file("d/program", "program")
                .time("-1.25")
                .file("d/before-1970", "old")
                .file("d/hidden", "hidden")
                .dir("d/opaque")
                .mode(02770)
                .xattr("user.dir", new byte[] {0, 1, 2})
                .dir("d/opaque/inner")
                .file("d/opaque/inner/deep", "deep")
                .file("implied/by/file", "implied")
                .file("moved", "moved by linking and hiding")
                .symlink("to-d", "d")
                .file("file-to-dir", "file")
                .dir("dir-to-file")
                .file("dir-to-file/x", "x")
                .character("null", 1, 3)
                .block("disk", 300, 70_000)
                .fifo("pipe")
                .time("100.000000001")
                .mode(0751)
                .owner(1, 2)
                .dir("."));
        add(new Tarball()
                .whiteout("d/hidden")
                .opaque("d/opaque")
                .time("8.25")
                .file("d/opaque/new", "new")
                .link("implied/again", "d/program")
                .link("became", "moved")
                .whiteout("moved")
                .time("9.000000009")
                .dir("file-to-dir")
                .file("file-to-dir/in", "in")
                .whiteout("dir-to-file")
                .whiteout("not/there"));
        add(new Tarball()
                .mode(0700)
                .xattr("user.replaced", (byte) 'y')
                .time("11.1")
                .dir("d")
                .file("dir-to-file", "file")
                .link("third", "became")
                .whiteout("became")
                .file("to-d/through-the-link", "lands in d")
                .whiteout("null")
                .symlink("pipe", "disk"));

        stack.pull("oci:" + layout + ":it").assertSameAs(unpacked());

        assertThat(stack.line("d/before-1970")).startsWith("f 644 0:0 -2.750000000 ");
        assertThat(stack.line("third")).contains(" links 1");
        assertThat(stack.shows()).contains("d/through-the-link").doesNotContain("d/opaque/inner/");
    }
}
