package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// Makes frames as a newer program would write them.
final class SegmentScanTestVersions {
    private SegmentScanTestVersions() {}

    /// Sets version 2 and the CRC that goes with it, worked out by the page, not by our code.
    static void raiseVersion(ByteBuffer file, int frame, SegmentId id) {
        file.put(frame + 4, (byte) 2);
        file.putInt(frame + 8, 0);
        ByteBuffer covered = ByteBuffer.allocate(100);
        covered.putLong(id.walIdHigh()).putLong(id.walIdLow()).putInt(id.shard());
        covered.putLong(id.number()).putLong(frame);
        for (int i = 0; i < 64; i++) {
            covered.put(file.get(frame + i));
        }
        CRC32C crc = new CRC32C();
        crc.update(covered.flip());
        file.putInt(frame + 8, (int) crc.getValue());
    }
}
