package io.annals.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/// Writes one response into Netty buffers: the message's own fields into one buffer of exactly the
/// needed size, record bytes by reference between slices of it.
final class ResponseEncoder {

    /// A response on its way out. The buffers belong to whoever writes them; `releases` run once,
    /// after the last buffer was written or can never be.
    ///
    /// @param sizeBytes all of it, length field included
    record Encoded(List<ByteBuf> buffers, List<RecordSlices> slices, long sizeBytes) {

        void releaseSlices() {
            slices.forEach(RecordSlices::release);
        }
    }

    private ResponseEncoder() {}

    /// On failure the message's record slices still belong to the caller.
    static Encoded encode(
            ByteBufAllocator allocator,
            ApiKeys apiKey,
            short version,
            int correlationId,
            ApiMessage message) {
        short headerVersion = apiKey.responseHeaderVersion(version);
        ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(correlationId);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        message.addSize(size, cache, version);

        int fieldBytes = Integer.BYTES + size.sizeExcludingZeroCopy();
        ByteBuf fields = allocator.directBuffer(fieldBytes, fieldBytes);
        Output output = new Output(fields);
        try {
            output.writeInt(size.totalSize());
            header.write(output, cache, headerVersion);
            message.write(output, cache, version);
            return output.finish(Integer.BYTES + (long) size.totalSize());
        } catch (Throwable thrown) {
            output.discard();
            throw thrown;
        }
    }

    /// Kafka's sink for generated messages, over a Netty buffer that is cut at record bytes.
    private static final class Output implements Writable {
        private final ByteBuf fields;
        private final List<ByteBuf> buffers = new ArrayList<>(4);
        private final List<RecordSlices> slices = new ArrayList<>(1);
        private int cutAt;

        Output(ByteBuf fields) {
            this.fields = fields;
        }

        @Override
        public void writeByte(byte value) {
            fields.writeByte(value);
        }

        @Override
        public void writeShort(short value) {
            fields.writeShort(value);
        }

        @Override
        public void writeInt(int value) {
            fields.writeInt(value);
        }

        @Override
        public void writeLong(long value) {
            fields.writeLong(value);
        }

        @Override
        public void writeDouble(double value) {
            fields.writeDouble(value);
        }

        @Override
        public void writeByteArray(byte[] bytes) {
            fields.writeBytes(bytes);
        }

        @Override
        public void writeUnsignedVarint(int value) {
            int rest = value;
            while ((rest & ~0x7f) != 0) {
                fields.writeByte((rest & 0x7f) | 0x80);
                rest >>>= 7;
            }
            fields.writeByte(rest);
        }

        @Override
        public void writeVarint(int value) {
            writeUnsignedVarint((value << 1) ^ (value >> 31));
        }

        @Override
        public void writeVarlong(long value) {
            long rest = (value << 1) ^ (value >> 63);
            while ((rest & ~0x7fL) != 0) {
                fields.writeByte((int) (rest & 0x7f) | 0x80);
                rest >>>= 7;
            }
            fields.writeByte((int) rest);
        }

        @Override
        public void writeByteBuffer(ByteBuffer bytes) {
            reference(bytes);
        }

        @Override
        public void writeRecords(BaseRecords records) {
            switch (records) {
                case RecordSlices lent -> {
                    lent.batches().forEach(this::reference);
                    slices.add(lent);
                }
                case MemoryRecords own -> reference(own.buffer());
                default ->
                        throw new IllegalArgumentException(
                                "cannot write records of " + records.getClass());
            }
        }

        private void reference(ByteBuffer bytes) {
            if (bytes.hasRemaining()) {
                cut();
                buffers.add(Unpooled.wrappedBuffer(bytes.duplicate()));
            }
        }

        private void cut() {
            int end = fields.writerIndex();
            if (end > cutAt) {
                buffers.add(fields.retainedSlice(cutAt, end - cutAt));
                cutAt = end;
            }
        }

        Encoded finish(long sizeBytes) {
            cut();
            fields.release();
            return new Encoded(buffers, slices, sizeBytes);
        }

        void discard() {
            buffers.forEach(ByteBuf::release);
            fields.release();
        }
    }
}
