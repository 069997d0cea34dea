package io.annals.server;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The arrows between the modules, all of them (`docs/architecture.md`). The POMs enforce them,
/// this test lists them.
class ArchitectureTest {
    private static final JavaClasses ANNALS =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.annals");

    @Test
    void everyModuleKnowsOnlyWhatIsBelowIt() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.annals..")
                .layer("protocol")
                .definedBy("io.annals.protocol..")
                .layer("wal")
                .definedBy("io.annals.wal..")
                .layer("segment-registry")
                .definedBy("io.annals.registry..")
                .layer("archive")
                .definedBy("io.annals.archive..")
                .layer("indexer")
                .definedBy("io.annals.indexer..")
                .layer("query-api")
                .definedBy("io.annals.query..")
                .layer("ingest")
                .definedBy("io.annals.ingest..")
                .layer("server")
                .definedBy("io.annals.server..")
                .whereLayer("protocol")
                .mayNotAccessAnyLayer()
                .whereLayer("wal")
                .mayNotAccessAnyLayer()
                .whereLayer("segment-registry")
                .mayNotAccessAnyLayer()
                .whereLayer("archive")
                .mayOnlyAccessLayers("wal", "segment-registry")
                .whereLayer("indexer")
                .mayOnlyAccessLayers("archive", "wal", "segment-registry")
                .whereLayer("query-api")
                .mayOnlyAccessLayers("indexer", "archive", "wal", "segment-registry", "protocol")
                .whereLayer("ingest")
                .mayOnlyAccessLayers("wal", "segment-registry", "protocol")
                .whereLayer("server")
                .mayNotBeAccessedByAnyLayer()
                .withOptionalLayers(true)
                .check(ANNALS);
    }
}
