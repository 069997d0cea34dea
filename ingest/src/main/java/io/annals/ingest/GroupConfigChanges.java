package io.annals.ingest;

import io.annals.ingest.group.GroupConfigs;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.requests.ApiError;

/// Changes the settings of single groups, which need not exist. Blocking.
record GroupConfigChanges(DynamicSettings settings, GroupConfigs groups) {

    /// @param edit from what the group sets itself to what it shall set
    ApiError alter(
            String group, Function<Map<String, String>, ConfigEdit> edit, boolean validateOnly) {
        try {
            settings.change(
                    new ConfigResource(ConfigResource.Type.GROUP, group),
                    current -> checked(group, edit.apply(current)),
                    validateOnly);
            return ApiError.NONE;
        } catch (ApiException refused) {
            return ApiError.fromThrowable(refused);
        }
    }

    private Map<String, String> checked(String group, ConfigEdit edited) {
        return switch (edited) {
            case ConfigEdit.To to -> {
                if (group.isEmpty()) {
                    throw new InvalidRequestException("Default group resources are not allowed.");
                }
                Optional<ApiException> refused = groups.refusal(to.configs());
                if (refused.isPresent()) {
                    throw refused.get();
                }
                yield to.configs();
            }
            case ConfigEdit.Refused refused -> throw refused.error().exception();
        };
    }
}
