package io.varve.report;

import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.image.Entries;
import io.varve.layerfs.Tree;
import io.varve.pipeline.Image;
import java.io.IOException;
import java.util.Set;

/**
 * What changed from one image to another, as JSON that is written while it is found:
 *
 * <pre>
 *   {"from": "sha256:…", "to": "sha256:…",
 *    "config":  [{"change": "C", "field": "config.User", "from": "root", "to": "app"}],
 *    "changes": [{"change": "C", "what": ["content", "time"], "from": {"name": "/etc/x", …}, "to": {"name": "/etc/x", …}}]}
 * </pre>
 */
public final class DiffJson {
    private DiffJson() {}

    /** @param json stays the caller's to close. Blocks */
    public static void write(Image from, Image to, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("from", from.plan().descriptor().digest().toString());
        json.writeStringField("to", to.plan().descriptor().digest().toString());
        json.writeArrayFieldStart("config");
        for (ConfigDiff.Change change :
                ConfigDiff.of(from.plan().config(), to.plan().config())) {
            json.writeStartObject();
            json.writeStringField("change", change.from() == null ? "A" : change.to() == null ? "D" : "C");
            json.writeStringField("field", change.field());
            if (change.from() != null) {
                json.writeStringField("from", change.from());
            }
            if (change.to() != null) {
                json.writeStringField("to", change.to());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("changes");
        TreeDiff.tell(side(from), side(to), new Paths(from.tree(), to.tree(), json));
        json.writeEndArray();
        json.writeEndObject();
    }

    public static TreeDiff.Side side(Image image) {
        return new TreeDiff.Side(image.tree(), image.layers());
    }

    private record Paths(Tree from, Tree to, JsonGenerator json) implements TreeDiff.Listener {
        @Override
        public void added(byte[] path, int inode) throws IOException {
            begin("A");
            entry("to", to, path, inode);
            json.writeEndObject();
        }

        @Override
        public void removed(byte[] path, int inode) throws IOException {
            begin("D");
            entry("from", from, path, inode);
            json.writeEndObject();
        }

        @Override
        public void changed(byte[] path, int fromInode, int toInode, Set<Attribute> what) throws IOException {
            begin("C");
            json.writeArrayFieldStart("what");
            for (Attribute each : what) {
                json.writeString(each.toString());
            }
            json.writeEndArray();
            entry("from", from, path, fromInode);
            entry("to", to, path, toInode);
            json.writeEndObject();
        }

        private void begin(String change) throws IOException {
            json.writeStartObject();
            json.writeStringField("change", change);
        }

        private void entry(String field, Tree tree, byte[] path, int inode) throws IOException {
            json.writeFieldName(field);
            Entries.write(json, tree, rooted(path), inode);
        }
    }

    /** With the slash that paths of images begin with for people. */
    public static byte[] rooted(byte[] path) {
        byte[] rooted = new byte[path.length + 1];
        rooted[0] = '/';
        System.arraycopy(path, 0, rooted, 1, path.length);
        return rooted;
    }
}
