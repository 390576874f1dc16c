// The rows of the Streams bench with Kafka Streams itself:
//   java -cp <jars> StreamsRows.java <row> <bootstrap> <input topic> <output topic> <state dir> <warm-up records> <records> <commit interval ms>
// Counts records at one node in the middle of the topology; after the warm-up it takes the time and the CPU time of this process
// for the given number of records, prints both as one JSON object, and ends.
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.WindowedSerdes;

public final class StreamsRows {
    private static final long WINDOW_MS = 60_000;
    private static long seen;
    private static long startedNanos;
    private static long startedCpuNanos;

    public static void main(String[] args) throws Exception {
        String row = args[0];
        String output = args[3];
        long warmup = Long.parseLong(args[5]);
        long records = Long.parseLong(args[6]);
        CountDownLatch done = new CountDownLatch(1);
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> counted = builder.<String, String>stream(args[2]).peek((key, value) -> {
            if (seen == warmup) {
                startedNanos = System.nanoTime();
                startedCpuNanos = cpuNanos();
            }
            if (seen == warmup + records) {
                print(records);
                done.countDown();
            }
            seen += 1;
        });
        switch (row) {
            case "map" -> counted.mapValues(value -> value.toUpperCase()).to(output);
            case "count" -> counted.groupByKey().count().toStream().to(output, Produced.with(Serdes.String(), Serdes.Long()));
            case "windowed count" -> counted.groupByKey()
                .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(WINDOW_MS))).count().toStream()
                .to(output, Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, WINDOW_MS), Serdes.Long()));
            default -> throw new IllegalArgumentException(row);
        }
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-" + ProcessHandle.current().pid());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, args[7]);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        Files.createDirectories(Path.of(args[4]));
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.start();
            done.await();
        }
    }

    private static void print(long records) {
        double seconds = (System.nanoTime() - startedNanos) / 1e9;
        double cpuSeconds = (cpuNanos() - startedCpuNanos) / 1e9;
        System.out.printf(java.util.Locale.ROOT,
            "{\"recordsPerSecond\":%.0f,\"cpuMicrosPerRecord\":%.3f}%n", records / seconds, cpuSeconds * 1e6 / records);
    }

    /** Of all threads of this process. */
    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
