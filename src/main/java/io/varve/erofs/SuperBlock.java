package io.varve.erofs;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The superblock, at byte {@link Format#SUPER_OFFSET}. Its checksum runs to the end of the block's worth of bytes that
 * begins with it, so it covers the first device slots too.
 *
 * <pre>
 *    0 magic u32           4 checksum u32      8 feature_compat u32    12 blkszbits u8   13 sb_extslots u8
 *   14 root_nid u16       16 inos u64         24 build_time u64        32 build_time_nsec u32
 *   36 blocks u32         40 meta_blkaddr u32 44 xattr_blkaddr u32     48 uuid[16]       64 volume_name[16]
 *   80 feature_incompat u32                   86 extra_devices u16     88 devt_slotoff u16
 * </pre>
 *
 * @param inodes how many there are
 * @param blocks of the filesystem in the index, which the appendix follows
 * @param devices how many tars there are
 * @param uuid 16 bytes
 */
record SuperBlock(long inodes, long blocks, int devices, byte[] uuid) {
    private static final int HEADER_WINDOW = 1 << 12;
    private static final int MAGIC = 0xE0F5E1E2;
    private static final int COMPAT_CHECKSUM = 1;
    private static final int INCOMPAT_CHUNKED_FILE = 4;
    private static final int INCOMPAT_DEVICE_TABLE = 8;
    private static final int INCOMPAT = INCOMPAT_CHUNKED_FILE | INCOMPAT_DEVICE_TABLE;

    /** The first 16 bytes of a chainId. */
    static byte[] uuid(Digest chainId) {
        return HexFormat.of().parseHex(chainId.hex(), 0, 32);
    }

    /** A slot of the device table: {@code tag[64] · blocks u32 · mapped_blkaddr u32 · reserved[56]}. */
    static void encodeDevice(Layer layer, ByteBuffer table, int at) {
        table.put(at, layer.diffId().hex().substring(0, 64).getBytes(StandardCharsets.US_ASCII));
        table.putInt(at + 64, (int) (layer.size() >> Format.BLOCK_BITS));
    }

    /** Fills in the first block's worth of bytes from the superblock on, in which the device slots stand already. */
    void encode(ByteBuffer block) {
        block.putInt(0, MAGIC)
                .putInt(4, 0)
                .putInt(8, COMPAT_CHECKSUM)
                .put(12, (byte) Format.BLOCK_BITS)
                .putShort(14, (short) Format.ROOT_NID)
                .putLong(16, inodes)
                .putInt(36, (int) blocks)
                .putInt(40, (int) (Format.nidBase(devices) >> Format.BLOCK_BITS))
                .put(48, uuid)
                .putInt(80, INCOMPAT)
                .putShort(86, (short) devices)
                .putShort(88, (short) (Format.DEVICES_OFFSET / Format.DEVICE_SLOT));
        block.putInt(4, checksum(block));
    }

    /**
     * Reads that of an index.
     *
     * @param layers of the stack, base first
     * @throws Failure Invalid when it is none, Mismatch when the index is of other layers
     */
    static SuperBlock read(FileChannel index, List<Layer> layers) throws IOException {
        IndexInput in = new IndexInput(index, index.size(), HEADER_WINDOW);
        byte[] bytes = new byte[Format.BLOCK];
        in.bytes(Format.SUPER_OFFSET, bytes, Format.BLOCK);
        SuperBlock superBlock = decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        if (superBlock.devices() != layers.size()) {
            throw Failure.mismatch("layers of the index", superBlock.devices(), layers.size());
        }
        if (superBlock.blocks() * Format.BLOCK > index.size()) {
            throw Format.malformed(
                    Format.SUPER_OFFSET, "blocks", superBlock.blocks(), index.size() / Format.BLOCK + " at most");
        }
        if (superBlock.inodes() < 1 || superBlock.inodes() > superBlock.blocks() * Format.BLOCK / Format.INODE_BYTES) {
            throw Format.malformed(Format.SUPER_OFFSET, "inodes", superBlock.inodes(), "as many as there is room for");
        }
        checkLayers(in, layers);
        return superBlock;
    }

    private static void checkLayers(IndexInput in, List<Layer> layers) throws IOException {
        byte[] slot = new byte[Format.DEVICE_SLOT];
        for (int i = 0; i < layers.size(); i++) {
            long at = Format.DEVICES_OFFSET + (long) i * Format.DEVICE_SLOT;
            byte[] wanted = new byte[Format.DEVICE_SLOT];
            encodeDevice(layers.get(i), ByteBuffer.wrap(wanted).order(ByteOrder.LITTLE_ENDIAN), 0);
            in.bytes(at, slot, slot.length);
            if (!Arrays.equals(slot, wanted)) {
                throw Failure.mismatch(
                        "byte " + at + ", layer " + i + " of the index",
                        "another one",
                        layers.get(i).diffId());
            }
        }
    }

    /** Reads the superblock at the start of a block's worth of bytes; accepts nothing but what {@link #encode} makes. */
    static SuperBlock decode(ByteBuffer block) {
        expect(block.getInt(0), MAGIC, 0, "magic");
        expect(checksum(block), block.getInt(4), 4, "checksum of the superblock");
        expect(block.getInt(8), COMPAT_CHECKSUM, 8, "compatible features");
        expect(block.get(12), Format.BLOCK_BITS, 12, "bits of the block size");
        expect(block.get(13), 0, 13, "extensions of the superblock");
        expect(block.getShort(14) & 0xFFFF, Format.ROOT_NID, 14, "nid of the root");
        expect(block.getInt(80), INCOMPAT, 80, "incompatible features");
        expect(block.getShort(88), Format.DEVICES_OFFSET / Format.DEVICE_SLOT, 88, "slot of the device table");
        int devices = block.getShort(86) & 0xFFFF;
        expect(block.getInt(40), Format.nidBase(devices) >> Format.BLOCK_BITS, 40, "block of the inodes");
        byte[] uuid = new byte[16];
        block.get(48, uuid);
        return new SuperBlock(block.getLong(16), Integer.toUnsignedLong(block.getInt(36)), devices, uuid);
    }

    /** As the kernel reckons it: the checksum's own bytes count as zeros, and the register is not inverted at the end. */
    private static int checksum(ByteBuffer block) {
        ByteBuffer bytes = ByteBuffer.allocate(Format.BLOCK).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, block, 0, Format.BLOCK).putInt(4, 0);
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) ~crc.getValue();
    }

    private static void expect(long got, long wanted, int at, String what) {
        if (got != wanted) {
            throw Format.malformed(
                    Format.SUPER_OFFSET + at, what, "0x" + Long.toHexString(got), "0x" + Long.toHexString(wanted));
        }
    }
}
