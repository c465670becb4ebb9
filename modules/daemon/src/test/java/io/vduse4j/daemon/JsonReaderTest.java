package io.vduse4j.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonReaderTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":17,\"method\":\"export.create\",\"params\":{\"name\":"
                    + "\"db0\",\"size\":1e3,\"list\":[true,false,null,-0.5,\"\\u00e9\\n\\ud83d\\udcbe\"],\"e\":{},\"f\":[]}}";

    private static Object read(String text) {
        try {
            return JsonReader.read(text);
        } catch (JsonException wrong) {
            throw new AssertionError(text, wrong);
        }
    }

    @Test
    void readsEveryKindOfValue() {
        assertThat(read(" {\"z\": [1, -2.5e1, true, false, null, \"x\"] , \"a\":{}}\r\n"))
                .isEqualTo(Map.of("z", List.of(1L, -25.0, true, false, Json.Null.NULL, "x"), "a", Map.of()));
        assertThat(read("-9223372036854775808")).isEqualTo(Long.MIN_VALUE);
        assertThat(read("0")).isEqualTo(0L);
        assertThat(read("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDCBE\""))
                .isEqualTo("\"\\/\b\f\n\r\tA\ud83d\udcbe");
    }

    @Test
    void readsWhatIsWritten() {
        var members = new LinkedHashMap<String, Object>();
        members.put("text", "\u0000\u001f\"\\ é \ud83d\udcbe");
        members.put("list", List.of(Long.MAX_VALUE, true, List.of(), Json.Null.NULL));
        assertThat(read(Json.of(members))).isEqualTo(members);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[",
                "[1",
                "[1,",
                "[1,]",
                "[,1]",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{1:1}",
                "{\"a\":1 \"b\":2}",
                "[1 2]",
                "1 2",
                "{}{}",
                "]",
                "tru",
                "truee",
                "TRUE",
                "nul",
                "NaN",
                "Infinity",
                "+1",
                "-",
                "01",
                "-01",
                "1.",
                ".5",
                "1e",
                "1e+",
                "0x10",
                "1_000",
                "9223372036854775808",
                "1e999",
                "1.00000000000000000000000000000000000000000000000001",
                "'a'",
                "\"",
                "\"\\\"",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12G4\"",
                "\"\\u\u0661\u0661\u0661\u0661\"",
                "\"\t\"",
                "\"\n\"",
                "\"\ud800\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"\\ud800x\"",
                "\u0000",
                "\"\u0000\"",
                "// c\n1",
                "{\"a\":1,\"a\":2}",
                "\ufeff1"
            })
    void refusesEverythingElse(String text) {
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> JsonReader.read(text))
                .withMessageMatching("(?s).+, at character [0-9]+");
    }

    @Test
    void goesOnlySoDeep() {
        int most = JsonReader.MAX_DEPTH;
        assertThat(read("[".repeat(most) + "1" + "]".repeat(most))).isInstanceOf(List.class);
        for (int depth : new int[] {most + 1, 1 << 16}) {
            for (var open : List.of("[", "{\"a\":")) {
                assertThatExceptionOfType(JsonException.class)
                        .isThrownBy(() -> JsonReader.read(open.repeat(depth)))
                        .withMessageStartingWith("deeper than");
            }
        }
    }

    @Test
    void whatIsReadCannotBeChanged() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(((Map<?, ?>) read("{\"a\":1}"))::clear);
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(((List<?>) read("[1]"))::clear);
    }

    /** Nothing but its own exception, and what it takes it can read again from what is written of it. */
    @Test
    void hundredThousandMutationsDoNoHarm() {
        var random = new Random(5);
        int taken = 0;
        for (int i = 0; i < 100_000; i++) {
            var text = mutated(random);
            try {
                var value = JsonReader.read(text);
                taken++;
                if (!text.matches("(?s).*[.eE].*")) {
                    assertThat(read(Json.of(value))).isEqualTo(value);
                }
            } catch (JsonException wrong) {
                assertThat(wrong).hasMessageContaining(", at character ");
            }
        }
        assertThat(taken).as("mutations that are JSON").isBetween(100, 90_000);
    }

    private static String mutated(Random random) {
        var text = new StringBuilder(CALL);
        for (int changes = 1 + random.nextInt(3); changes > 0 && !text.isEmpty(); changes--) {
            int at = random.nextInt(text.length());
            char unit = (char) (random.nextInt(4) == 0 ? random.nextInt(1 << 16) : random.nextInt(128));
            switch (random.nextInt(5)) {
                case 0 -> text.setCharAt(at, unit);
                case 1 -> text.insert(at, unit);
                case 2 -> text.deleteCharAt(at);
                case 3 -> text.setLength(at);
                default -> text.insert(at, text.substring(at, at + random.nextInt(text.length() - at)));
            }
        }
        return text.toString();
    }
}
