// Runs random programs on the TopologyTestDriver of Kafka Streams: `RunPrograms <programs> <results> <folder for state>`. A program is
// lines of steps, the line `build`, lines of inputs, and the line `---`; build-program.ts says the same steps in TypeScript. Its result
// is the description, each input with what it made come out, the dropped records and the topics written; or `ERROR` where Kafka refuses.
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;

public final class RunPrograms {
  private final StreamsBuilder builder = new StreamsBuilder();
  private final Map<String, KStream<String, String>> streams = new HashMap<>();
  private final Map<String, KTable<String, String>> tables = new HashMap<>();
  private final Map<String, GlobalKTable<String, String>> globals = new HashMap<>();
  private final List<String> outputs = new ArrayList<>();
  private final StringBuilder result = new StringBuilder();

  /** Of this program only: what another left there would be read. */
  private final String stateFolder;

  private RunPrograms(String stateFolder) {
    this.stateFolder = stateFolder;
  }

  public static void main(String[] args) throws IOException {
    StringBuilder all = new StringBuilder();
    List<String> lines = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      if (!line.equals("---")) {
        lines.add(line);
        continue;
      }
      all.append(new RunPrograms(args[2] + "/" + number++).run(lines)).append("---\n");
      lines.clear();
    }
    Files.writeString(Path.of(args[1]), all);
  }

  private String run(List<String> lines) {
    int build = lines.indexOf("build");
    try {
      for (String line : lines.subList(0, build)) add(line.split(" "));
      Topology topology = builder.build();
      result.append(topology.describe().toString().stripTrailing()).append('\n');
      try (TopologyTestDriver driver = new TopologyTestDriver(topology, settings(), Instant.EPOCH)) {
        for (String line : lines.subList(build + 1, lines.size())) input(driver, line);
        result.append("dropped ").append(dropped(driver)).append('\n');
        result.append("topics ").append(String.join(" ", new TreeSet<>(driver.producedTopicNames()))).append('\n');
      }
    } catch (Exception error) {
      result.append("ERROR ").append(String.valueOf(error.getMessage()).lines().findFirst().orElse("")).append('\n');
    }
    return result.toString();
  }

  private void input(TopologyTestDriver driver, String line) {
    String[] input = line.split(" ");
    result.append(line).append('\n');
    driver.createInputTopic(input[1], new StringSerializer(), new StringSerializer())
        .pipeInput(orNull(input[2]), orNull(input[3]), Long.parseLong(input[4]));
    for (String output : outputs) {
      if (!driver.producedTopicNames().contains(output)) continue;
      var topic = driver.createOutputTopic(output, new StringDeserializer(), new StringDeserializer());
      for (TestRecord<String, String> record : topic.readRecordsToList())
        result.append("  " + output + " " + record.key() + " " + record.value() + " " + record.timestamp() + "\n");
    }
  }

  private static long dropped(TopologyTestDriver driver) {
    double sum = 0;
    for (var metric : driver.metrics().entrySet())
      if (metric.getKey().name().equals("dropped-records-total")) sum += (Double) metric.getValue().metricValue();
    return (long) sum;
  }

  private Properties settings() {
    Properties settings = new Properties();
    settings.put("application.id", "app");
    settings.put("bootstrap.servers", "nowhere:1");
    settings.put("state.dir", stateFolder);
    settings.put("statestore.cache.max.bytes", "0");
    settings.put("default.key.serde", Serdes.StringSerde.class);
    settings.put("default.value.serde", Serdes.StringSerde.class);
    settings.put("default.dsl.store", "in_memory");
    return settings;
  }

  // ---- steps: `<step> <new id> <from> ...` ----

  private void add(String[] line) {
    String id = line[1];
    String a = at(line, 2);
    String b = at(line, 3);
    String c = at(line, 4);
    String d = at(line, 5);
    switch (line[0]) {
      case "stream" -> streams.put(id, builder.stream(a));
      case "gtable" -> globals.put(id, builder.globalTable(a));
      case "to" -> { streams.get(id).to(a); outputs.add(a); }
      case "tto" -> { tables.get(id).toStream().to(a); outputs.add(a); }
      case "wto" -> { windowed(id, "tumble").count().toStream().mapValues(RunPrograms::shown).to(a); outputs.add(a); }
      case "split" -> {
        var branches = streams.get(b).split(Named.as(c))
            .branch((key, value) -> isEven(value), Branched.as("even"))
            .defaultBranch(Branched.as("rest"));
        streams.put(id, branches.get(c + "even"));
        streams.put(a, branches.get(c + "rest"));
      }
      case "group2" -> {
        var grouped = streams.get(b).groupBy((key, value) -> first(value), Grouped.as(c));
        tables.put(id, grouped.reduce(RunPrograms::sum));
        streams.put(a, grouped.count().toStream().mapValues(RunPrograms::shown));
      }
      case "tgroup2" -> {
        var grouped = tables.get(b).groupBy((key, value) -> KeyValue.pair(first(value), value), Grouped.as(c));
        tables.put(id, grouped.reduce(RunPrograms::sum, RunPrograms::difference));
        streams.put(a, grouped.count().toStream().mapValues(RunPrograms::shown));
      }
      default -> {
        KTable<String, String> table = table(line[0], a, b, c, d);
        if (table == null) streams.put(id, stream(line[0], a, b, c));
        else tables.put(id, table);
      }
    }
  }

  private KStream<String, String> stream(String step, String from, String a, String b) {
    KStream<String, String> stream = streams.get(from);
    ValueJoiner<String, String, String> pair = RunPrograms::pair;
    return switch (step) {
      case "filter" -> stream.filter((key, value) -> isEven(value));
      case "fname" -> stream.filter((key, value) -> isEven(value), Named.as(a));
      case "map" -> stream.mapValues(RunPrograms::mark);
      case "mapkv" -> stream.map((key, value) -> KeyValue.pair(first(value), mark(value)));
      case "key" -> stream.selectKey((key, value) -> first(value));
      case "flat" -> stream.flatMapValues(RunPrograms::twice);
      case "merge" -> stream.merge(streams.get(a));
      case "repartition" -> stream.repartition();
      case "repn" -> stream.repartition(Repartitioned.as(a));
      case "toStream" -> tables.get(from).toStream();
      case "count" -> (a.equals("-") ? stream.groupByKey().count() : stream.groupByKey().count(Materialized.as(a)))
          .toStream().mapValues(RunPrograms::shown);
      case "windowed" -> (a.equals("-") ? windowed(from, b).count() : windowed(from, b).count(Materialized.as(a)))
          .toStream().map((key, value) -> KeyValue.pair(flat(key), shown(value)));
      case "wreduce" -> windowed(from, "tumble").reduce(RunPrograms::sum)
          .toStream().map((key, value) -> KeyValue.pair(flat(key), value));
      case "joinT" -> b.equals("left")
          ? stream.leftJoin(tables.get(a), pair)
          : stream.join(tables.get(a), pair);
      case "joinTN" -> stream.join(tables.get(a), pair, Joined.as(b));
      case "joinG" -> b.equals("left")
          ? stream.leftJoin(globals.get(a), (key, value) -> first(value), pair)
          : stream.join(globals.get(a), (key, value) -> first(value), pair);
      default -> throw new IllegalArgumentException("unknown step " + step);
    };
  }

  /** Null when the step makes no table. */
  private KTable<String, String> table(String step, String from, String a, String b, String c) {
    KTable<String, String> table = tables.get(from);
    ValueJoiner<String, String, String> pair = RunPrograms::pair;
    switch (step) {
      case "table":
        return a.equals("-") ? builder.table(from) : builder.table(from, store(a));
      case "toTable":
        return a.equals("-") ? streams.get(from).toTable() : streams.get(from).toTable(store(a));
      case "reduce": {
        var grouped = streams.get(from).groupBy((key, value) -> first(value));
        return a.equals("-") ? grouped.reduce(RunPrograms::sum) : grouped.reduce(RunPrograms::sum, store(a));
      }
      case "aggregate": {
        var grouped = streams.get(from).groupByKey();
        Initializer<String> none = () -> "0";
        Aggregator<String, String, String> next = (key, value, sum) -> value.equals("bp") ? null : sum(sum, value);
        return a.equals("-") ? grouped.aggregate(none, next) : grouped.aggregate(none, next, store(a));
      }
      case "tfilter":
        return a.equals("-")
            ? table.filter((key, value) -> isEven(value))
            : table.filter((key, value) -> isEven(value), store(a));
      case "tmap":
        return a.equals("-") ? table.mapValues(RunPrograms::mark) : table.mapValues(RunPrograms::mark, store(a));
      case "tgroup": {
        var grouped = table.groupBy((key, value) -> KeyValue.pair(first(value), value));
        return a.equals("-")
            ? grouped.reduce(RunPrograms::sum, RunPrograms::difference)
            : grouped.reduce(RunPrograms::sum, RunPrograms::difference, store(a));
      }
      case "tjoin": {
        KTable<String, String> other = tables.get(a);
        boolean plain = c.equals("-");
        return switch (b) {
          case "inner" -> plain ? table.join(other, pair) : table.join(other, pair, store(c));
          case "left" -> plain ? table.leftJoin(other, pair) : table.leftJoin(other, pair, store(c));
          default -> plain ? table.outerJoin(other, pair) : table.outerJoin(other, pair, store(c));
        };
      }
      default:
        return null;
    }
  }

  private TimeWindowedKStream<String, String> windowed(String from, String kind) {
    TimeWindows windows = TimeWindows.ofSizeAndGrace(Duration.ofMillis(10), Duration.ofMillis(5));
    return streams.get(from).groupByKey()
        .windowedBy(kind.equals("hop") ? windows.advanceBy(Duration.ofMillis(5)) : windows);
  }

  private static String flat(Windowed<String> key) {
    return key.key() + "@" + key.window().start();
  }

  private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> store(String name) {
    return Materialized.as(name);
  }

  // ---- what the steps do with values; null-safe, and values stay short ----

  private static String at(String[] line, int index) {
    return index < line.length ? line[index] : "";
  }

  private static String orNull(String text) {
    return text.equals("~") ? null : text;
  }

  private static String tail(String text, int length) {
    return text.length() > length ? text.substring(text.length() - length) : text;
  }

  private static String first(String value) {
    return value == null ? null : value.substring(0, 1);
  }

  private static boolean isEven(String value) {
    return value != null && value.length() % 2 == 0;
  }

  private static String mark(String value) {
    return value == null ? null : tail(value + "x", 6);
  }

  private static List<String> twice(String value) {
    return value == null ? List.of() : List.of(value, value.charAt(0) + "f");
  }

  private static String sum(String sum, String value) {
    return tail(sum + value, 6);
  }

  private static String difference(String sum, String value) {
    return tail(sum + "-" + value, 6);
  }

  private static String pair(String left, String right) {
    return tail(left + "/" + right, 8);
  }

  private static String shown(Long count) {
    return count == null ? null : String.valueOf(count);
  }
}
