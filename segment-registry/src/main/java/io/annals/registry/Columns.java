package io.annals.registry;

/// A few columns of numbers, all of them in one array. A lookup among millions waits for memory
/// more than for anything else: here nothing has to be read to know where the next thing is, so
/// that all of it is fetched at once. No state.
///
/// ```
/// cells for each number: 1 or 2 | smallest of each column (two cells each) | room up to FIRST
/// FIRST: the first column | the second | ...
/// ```
///
/// With one cell a number is its distance from the smallest of its column, with two it stands as it
/// is. The higher half comes before the lower. Who calls knows how many rows there are.
final class Columns {
    private static final int COLUMNS_MAX = 4;
    private static final int FIRST = 1 + 2 * COLUMNS_MAX;

    private Columns() {}

    /// @param columns of equal lengths
    static int[] of(long[]... columns) {
        int rows = columns[0].length;
        boolean isWide = false;
        for (long[] column : columns) {
            long span = rows == 0 ? 0 : max(column) - min(column);
            isWide |= span < 0 || span > Integer.MAX_VALUE; // negative where it overflowed
        }
        int[] cells = new int[FIRST + columns.length * rows * (isWide ? 2 : 1)];
        cells[0] = isWide ? 2 : 1;
        for (int i = 0; i < columns.length; i++) {
            long smallest = rows == 0 ? 0 : min(columns[i]);
            putWide(smallest, cells, 1 + 2 * i);
            for (int row = 0; row < rows; row++) {
                if (isWide) {
                    putWide(columns[i][row], cells, FIRST + 2 * (i * rows + row));
                } else {
                    cells[FIRST + i * rows + row] = (int) (columns[i][row] - smallest);
                }
            }
        }
        return cells;
    }

    static int count(int[] cells, int rows) {
        return rows == 0 ? 0 : (cells.length - FIRST) / (rows * cells[0]);
    }

    static long get(int[] cells, int column, int rows, int row) {
        int at = column * rows + row;
        return isWide(cells)
                ? wide(cells, FIRST + 2 * at)
                : smallest(cells, column) + cells[FIRST + at];
    }

    /// The first row whose number is at least this one, in a column that ascends; `rows` if there
    /// is none.
    static int ceiling(int[] cells, int column, int rows, long number) {
        if (isWide(cells)) {
            return firstReaching(cells, column, rows, 0, number);
        }
        long smallest = smallest(cells, column);
        long distance = number - smallest;
        if (number <= smallest) {
            return 0;
        }
        if (distance < 0 || distance > Integer.MAX_VALUE) {
            return rows;
        }
        int below = 0;
        int start = FIRST + column * rows;
        for (int i = start; i < start + rows; i++) { // a search would wait for one after the other
            below += (cells[i] - (int) distance) >>> (Integer.SIZE - 1);
        }
        return below;
    }

    /// The first row from this one on whose number is at least this one, in any column; `rows` if
    /// there is none.
    static int firstReaching(int[] cells, int column, int rows, int from, long number) {
        int row = from;
        if (isWide(cells)) {
            while (row < rows && get(cells, column, rows, row) < number) {
                row++;
            }
            return row;
        }
        long smallest = smallest(cells, column);
        long distance = number - smallest;
        if (number <= smallest) {
            return from;
        }
        if (distance < 0 || distance > Integer.MAX_VALUE) {
            return rows;
        }
        int start = FIRST + column * rows;
        while (row < rows && cells[start + row] < distance) {
            row++;
        }
        return row;
    }

    static long[] column(int[] cells, int column, int rows) {
        long[] numbers = new long[rows];
        for (int row = 0; row < rows; row++) {
            numbers[row] = get(cells, column, rows, row);
        }
        return numbers;
    }

    /// The largest number; the smallest possible one if there is none.
    static long max(long... numbers) {
        long max = Long.MIN_VALUE;
        for (long number : numbers) {
            max = Math.max(max, number);
        }
        return max;
    }

    private static long min(long[] numbers) {
        long min = Long.MAX_VALUE;
        for (long number : numbers) {
            min = Math.min(min, number);
        }
        return min;
    }

    private static boolean isWide(int[] cells) {
        return cells[0] == 2;
    }

    private static long smallest(int[] cells, int column) {
        return wide(cells, 1 + 2 * column);
    }

    private static long wide(int[] cells, int at) {
        return (long) cells[at] << Integer.SIZE | Integer.toUnsignedLong(cells[at + 1]);
    }

    private static void putWide(long number, int[] cells, int at) {
        cells[at] = (int) (number >> Integer.SIZE);
        cells[at + 1] = (int) number;
    }
}
