// The Java client as a load: producers and members of a group that do what the TypeScript load does, told the same options,
// and write the same history. Runs until standard input ends, and then until everything sent has an answer.

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class ChaosLoad {
    private static final int OUTSTANDING_MAX = 1_000;
    private static final String PADDING = ".".repeat(200);

    private final Map<String, String> options;
    private final BufferedWriter history;
    private volatile boolean producing = true;
    private volatile boolean consuming = true;

    private ChaosLoad(Map<String, String> options) throws IOException {
        this.options = options;
        this.history = Files.newBufferedWriter(
            Path.of(options.get("history")), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int at = 0; at + 1 < args.length; at += 2) options.put(args[at].substring(2), args[at + 1]);
        new ChaosLoad(options).run();
    }

    private int amount(String name) {
        return Integer.parseInt(options.get(name));
    }

    private void run() throws Exception {
        List<Thread> producers = new ArrayList<>();
        List<Thread> members = new ArrayList<>();
        for (int index = 1; index <= amount("producers"); index++) {
            String name = options.get("name") + "-producer-" + index;
            producers.add(new Thread(() -> produce(name), name));
        }
        for (int index = 1; index <= amount("consumers"); index++) {
            String name = options.get("name") + "-member-" + index;
            members.add(new Thread(() -> consume(name), name));
        }
        producers.forEach(Thread::start);
        members.forEach(Thread::start);
        while (System.in.read() >= 0) continue;
        producing = false;
        for (Thread thread : producers) thread.join();
        consuming = false;
        for (Thread thread : members) thread.join();
        history.close();
    }

    /** One line of the history, with the machine's monotonic clock. */
    private synchronized void note(String process, String fields) {
        try {
            history.write("{\"at\":" + System.nanoTime() / 1e6 + ",\"process\":\"" + process + "\"," + fields + "}\n");
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private void produce(String name) {
        int partitions = amount("partitions");
        int rate = amount("rate");
        String topic = options.get("topic");
        AtomicIntegerArray outstanding = new AtomicIntegerArray(partitions);
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", options.get("bootstrap"));
        config.put("client.id", name);
        config.put("acks", "all");
        config.put("enable.idempotence", true);
        config.put("request.timeout.ms", 10_000);
        config.put("delivery.timeout.ms", 300_000);
        config.put("max.block.ms", 300_000);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            long started = System.nanoTime();
            int count = 0;
            while (producing) {
                double due = (System.nanoTime() - started) / 1e9 * rate;
                while (count < due) {
                    int number = count++;
                    int partition = number % partitions;
                    if (outstanding.get(partition) >= OUTSTANDING_MAX) continue;
                    outstanding.incrementAndGet(partition);
                    String value = name + "-" + number + PADDING;
                    note(name, "\"op\":\"send\",\"type\":\"invoke\",\"topic\":\"" + topic + "\",\"partition\":" + partition
                        + ",\"value\":\"" + value + "\"");
                    String key = "key-" + number % (3 * partitions);
                    producer.send(new ProducerRecord<>(topic, partition, key, value), (metadata, error) -> {
                        outstanding.decrementAndGet(partition);
                        if (error == null) {
                            // A batch that was there already, more than five back: the broker does not tell where.
                            String offset = metadata.hasOffset() ? ",\"offset\":" + metadata.offset() : "";
                            note(name, "\"op\":\"send\",\"type\":\"ok\",\"value\":\"" + value + "\"" + offset);
                        } else {
                            note(name, "\"op\":\"send\",\"type\":\"info\",\"value\":\"" + value + "\"");
                            System.err.println(name + ": " + error);
                        }
                    });
                }
                pause(20);
            }
        }
    }

    private void consume(String name) {
        int turn = name.hashCode() & 0xff;
        while (consuming) beMember(name, 20_000L * (1 + turn++ % 3));
    }

    private void beMember(String name, long forMs) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", options.get("bootstrap"));
        config.put("client.id", name);
        config.put("group.id", options.get("group"));
        config.put("group.protocol", "classic");
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        config.put("session.timeout.ms", 10_000);
        config.put("max.poll.interval.ms", 30_000);
        config.put("default.api.timeout.ms", 15_000);
        config.put("partition.assignment.strategy", "org.apache.kafka.clients.consumer.RangeAssignor");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(options.get("topic")), new ConsumerRebalanceListener() {
                @Override
                public void onPartitionsAssigned(Collection<TopicPartition> added) {
                    noteAssigned(name, consumer.groupMetadata().generationId(), consumer.assignment());
                }

                @Override
                public void onPartitionsRevoked(Collection<TopicPartition> gone) {
                    List<TopicPartition> kept = new ArrayList<>(consumer.assignment());
                    kept.removeAll(gone);
                    noteAssigned(name, consumer.groupMetadata().generationId(), kept);
                }
            });
            long until = System.nanoTime() + forMs * 1_000_000;
            while (consuming && System.nanoTime() < until) {
                try {
                    pollOnce(name, consumer);
                } catch (KafkaException error) {
                    System.err.println(name + ": " + error);
                    pause(200);
                }
            }
        } catch (KafkaException error) {
            System.err.println(name + ": " + error);
        }
        noteAssigned(name, -1, List.of());
    }

    private void pollOnce(String name, KafkaConsumer<String, String> consumer) {
        var polled = consumer.poll(Duration.ofMillis(500));
        if (polled.isEmpty()) return;
        String group = options.get("group");
        List<String> records = new ArrayList<>();
        Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
        for (ConsumerRecord<String, String> each : polled) {
            records.add("[\"" + each.topic() + "\"," + each.partition() + "," + each.offset() + ",\"" + each.value() + "\"]");
            ends.put(new TopicPartition(each.topic(), each.partition()), new OffsetAndMetadata(each.offset() + 1));
        }
        note(name, "\"op\":\"poll\",\"type\":\"ok\",\"group\":\"" + group + "\",\"records\":[" + String.join(",", records) + "]");
        String offsets = ends.entrySet().stream()
            .map(end -> "[\"" + end.getKey().topic() + "\"," + end.getKey().partition() + "," + end.getValue().offset() + "]")
            .collect(Collectors.joining(","));
        note(name, "\"op\":\"commit\",\"type\":\"invoke\",\"group\":\"" + group + "\",\"offsets\":[" + offsets + "]");
        try {
            consumer.commitSync(ends);
            note(name, "\"op\":\"commit\",\"type\":\"ok\",\"group\":\"" + group + "\"");
        } catch (KafkaException error) {
            note(name, "\"op\":\"commit\",\"type\":\"info\",\"group\":\"" + group + "\"");
            throw error;
        }
    }

    private void noteAssigned(String name, int generation, Collection<TopicPartition> owned) {
        String partitions = owned.stream()
            .map(each -> "[\"" + each.topic() + "\"," + each.partition() + "]")
            .collect(Collectors.joining(","));
        note(name, "\"op\":\"assign\",\"type\":\"ok\",\"group\":\"" + options.get("group") + "\",\"generation\":" + generation
            + ",\"partitions\":[" + partitions + "]");
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }
}
