package io.vduse4j.cli;

import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Lists of processors as the kernel writes them: {@code 0,2-3}. */
final class CpuList implements ITypeConverter<List<Integer>> {
    private static final Pattern ITEM = Pattern.compile("([0-9]{1,4})(?:-([0-9]{1,4}))?");

    /** Most processors of a Linux kernel ({@code CONFIG_NR_CPUS} on x86-64). */
    private static final int MAX_CPUS = 8192;

    @Override
    public List<Integer> convert(String text) {
        var cpus = new TreeSet<Integer>();
        for (var item : text.split(",", -1)) {
            var matcher = ITEM.matcher(item);
            if (!matcher.matches()) {
                throw refused(text);
            }
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            if (first > last || last >= MAX_CPUS) {
                throw refused(text);
            }
            for (int cpu = first; cpu <= last; cpu++) {
                cpus.add(cpu);
            }
        }
        return List.copyOf(cpus);
    }

    private static TypeConversionException refused(String text) {
        return new TypeConversionException("'" + text + "' is not a list of processors such as 0,2-3");
    }
}
