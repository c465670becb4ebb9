package io.vduse4j.cli;

import java.util.ArrayList;
import java.util.List;

/** Lines of aligned columns. */
final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();

    /** Adds a line. Cells from outside are made harmless here (T8). */
    void row(String... cells) {
        rows.add(List.of(cells).stream().map(Printable::line).toList());
    }

    /** Returns all lines, each with its line break and without blanks at its end. */
    String text() {
        var text = new StringBuilder();
        for (var row : rows) {
            var line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                var cell = row.get(column);
                line.append(cell).repeat(' ', width(column) - cell.length()).append(GAP);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream()
                .filter(row -> column < row.size())
                .mapToInt(row -> row.get(column).length())
                .max()
                .orElse(0);
    }
}
