package io.annals.compatibility;

import io.annals.compatibility.peer.Processes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Both servers, for trying something by hand: prints their addresses and runs until stdin ends.
@Command(name = "serve", description = "starts both servers and keeps them until stdin ends")
final class ServeCommand implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
        try (Sides sides = Sides.start(Processes.ROOT.resolve("compatibility/target/serve"))) {
            System.out.printf(
                    "kafka=%s annals=%s http=%s%n",
                    sides.kafka().bootstrap(), sides.annals().bootstrap(), sides.annals().http());
            System.in.transferTo(java.io.OutputStream.nullOutputStream());
            return 0;
        }
    }
}
