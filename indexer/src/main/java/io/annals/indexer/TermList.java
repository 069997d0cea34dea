package io.annals.indexer;

import java.util.Arrays;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.BytesTermAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.util.AttributeFactory;
import org.apache.lucene.util.BytesRef;

/// The terms of one field of one document, in one byte array; replayed to Lucene as a token stream.
/// Reused from document to document. Confined to one thread.
final class TermList extends TokenStream {
    private static final int KEPT_BYTES = 1 << 20;

    private final BytesTermAttribute term = addAttribute(BytesTermAttribute.class);
    private final PositionIncrementAttribute increment =
            addAttribute(PositionIncrementAttribute.class);
    private final BytesRef ref = new BytesRef();

    private byte[] bytes = new byte[4096];
    private int[] ends = new int[256];
    private int[] increments = new int[256];
    private int count;
    private int length;
    private int replayed;

    TermList() {
        super(AttributeFactory.DEFAULT_ATTRIBUTE_FACTORY);
    }

    void clear() {
        count = 0;
        length = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = new byte[4096];
            ends = new int[256];
            increments = new int[256];
        }
    }

    int count() {
        return count;
    }

    /// Adds the term `a[aFrom, aTo) separator b`.
    ///
    /// @param positions distance from the previous term
    void add(byte[] a, int aFrom, int aTo, byte separator, byte[] b, int positions) {
        int aLength = aTo - aFrom;
        ensure(aLength + 1 + b.length);
        System.arraycopy(a, aFrom, bytes, length, aLength);
        bytes[length + aLength] = separator;
        System.arraycopy(b, 0, bytes, length + aLength + 1, b.length);
        end(length + aLength + 1 + b.length, positions);
    }

    /// Adds the term `a 00 type b`.
    void add(byte[] a, byte type, byte[] b) {
        ensure(a.length + 2 + b.length);
        System.arraycopy(a, 0, bytes, length, a.length);
        bytes[length + a.length] = TermCode.PART;
        bytes[length + a.length + 1] = type;
        System.arraycopy(b, 0, bytes, length + a.length + 2, b.length);
        end(length + a.length + 2 + b.length, 1);
    }

    void add(byte[] a) {
        ensure(a.length);
        System.arraycopy(a, 0, bytes, length, a.length);
        end(length + a.length, 1);
    }

    private void ensure(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, 2 * count);
            increments = Arrays.copyOf(increments, 2 * count);
        }
    }

    private void end(int newLength, int positions) {
        increments[count] = positions;
        ends[count++] = newLength;
        length = newLength;
    }

    @Override
    public void reset() {
        replayed = 0;
        ref.bytes = bytes;
        ref.offset = 0;
        ref.length = 0;
    }

    @Override
    public boolean incrementToken() {
        if (replayed == count) {
            return false;
        }
        ref.offset += ref.length;
        ref.length = ends[replayed] - ref.offset;
        term.setBytesRef(ref);
        increment.setPositionIncrement(increments[replayed++]);
        return true;
    }

    @Override
    public void end() {
        increment.setPositionIncrement(0);
    }
}
