package io.vduse4j.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonTest {
    @Test
    void writesEveryKindOfValue() {
        var members = new LinkedHashMap<String, Object>();
        members.put("z", 1);
        members.put("a", Long.MIN_VALUE);
        members.put("list", List.of(true, false, "x", List.of(), Map.of()));
        assertThat(Json.of(members))
                .isEqualTo("{\"z\":1,\"a\":-9223372036854775808,\"list\":[true,false,\"x\",[],{}]}");
    }

    @Test
    void escapesAllButPrintableAscii() {
        assertThat(Json.of("\"\\/\b\f\n\r\t\u0000\u001f\u007f"))
                .isEqualTo("\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0000\\u001f\\u007f\"");
        assertThat(Json.of("é\u2028\ud83d\udcbe\ud800")).isEqualTo("\"\\u00e9\\u2028\\ud83d\\udcbe\\ud800\"");
        assertThat(Json.of(Map.of("k\n", " ~"))).isEqualTo("{\"k\\n\":\" ~\"}");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatIllegalArgumentException().isThrownBy(() -> Json.of(1.5)).withMessageContaining("Double");
    }
}
