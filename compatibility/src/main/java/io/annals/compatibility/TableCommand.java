package io.annals.compatibility;

import io.annals.compatibility.clients.CompatibilityTable;
import io.annals.compatibility.clients.Record;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Makes the table in `docs/compatibility.md` from the record.
@Command(name = "table", description = "writes the table in docs/compatibility.md anew")
final class TableCommand implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
        CompatibilityTable.write(Record.read());
        return 0;
    }
}
