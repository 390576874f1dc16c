// Two measures that need a client already running, by Kafka's own Java client:
//   java -cp <jars> LatencyProbe.java latency  <bootstrap> <topic> <records/s> <record bytes> <warm-up s> <s>
//   java -cp <jars> LatencyProbe.java firstack <bootstrap> <topic>
// `latency` counts from the moment a record was due, not from the moment it was sent, so that a stall of the server
// is paid by every record that was due in it (no coordinated omission). It prints microseconds as one JSON object.
// `firstack` prints "ready" before the server exists, then the wall clock in ms when its first record is acknowledged.
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class LatencyProbe {
    public static void main(String[] args) throws Exception {
        if (args[0].equals("firstack")) firstAcknowledgement(args[1], args[2]);
        else latency(args[1], args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]), Integer.parseInt(args[5]), Integer.parseInt(args[6]));
    }

    private static void firstAcknowledgement(String bootstrap, String topic) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap, "acks", "all", "max.block.ms", "120000", "retry.backoff.ms", "10",
            "retry.backoff.max.ms", "10", "reconnect.backoff.ms", "10", "reconnect.backoff.max.ms", "10");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            System.out.println("ready");
            producer.send(new ProducerRecord<>(topic, new byte[] {1})).get();
            System.out.println(System.currentTimeMillis());
        }
    }

    private static void latency(String bootstrap, String topic, int rate, int recordBytes, int warmupSeconds, int seconds) throws Exception {
        int warmup = rate * warmupSeconds;
        int total = warmup + rate * seconds;
        long[] endToEnd = new long[total];
        long[] acknowledged = new long[total];
        AtomicReference<Exception> failure = new AtomicReference<>();
        Map<String, Object> consumerSettings = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "fetch.min.bytes", "1");
        Map<String, Object> producerSettings = Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", "0");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerSettings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
             KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(producerSettings, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic);
            consumer.assign(partitions.stream().map(p -> new TopicPartition(p.topic(), p.partition())).toList());
            Thread receiver = new Thread(() -> receive(consumer, endToEnd, failure));
            receiver.setDaemon(true);
            receiver.start();
            long start = System.nanoTime() + 500_000_000L;
            for (int i = 0; i < total; i++) {
                long due = start + i * 1_000_000_000L / rate;
                for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) LockSupport.parkNanos(wait);
                byte[] value = ByteBuffer.allocate(recordBytes).putLong(due).putInt(i).array();
                int index = i;
                producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> {
                    acknowledged[index] = System.nanoTime() - due;
                    if (error != null) failure.compareAndSet(null, error);
                });
            }
            producer.flush();
            receiver.join(30_000);
            if (receiver.isAlive()) throw new IllegalStateException("not every record came back within 30 s");
            if (failure.get() != null) throw failure.get();
        }
        System.out.printf("{\"endToEnd\":%s,\"acknowledged\":%s}%n", percentiles(endToEnd, warmup), percentiles(acknowledged, warmup));
    }

    private static void receive(KafkaConsumer<byte[], byte[]> consumer, long[] endToEnd, AtomicReference<Exception> failure) {
        try {
            for (int left = endToEnd.length; left > 0; ) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    long now = System.nanoTime();
                    ByteBuffer value = ByteBuffer.wrap(record.value());
                    long due = value.getLong();
                    endToEnd[value.getInt()] = now - due;
                    left--;
                }
            }
        } catch (Exception error) {
            failure.compareAndSet(null, error);
        }
    }

    private static String percentiles(long[] nanoseconds, int from) {
        long[] sorted = Arrays.copyOfRange(nanoseconds, from, nanoseconds.length);
        Arrays.sort(sorted);
        return String.format("{\"p50\":%d,\"p99\":%d,\"p999\":%d,\"max\":%d}", at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999), at(sorted, 1));
    }

    private static long at(long[] sorted, double fraction) {
        return sorted[Math.min(sorted.length - 1, (int) Math.ceil(sorted.length * fraction) - 1)] / 1000;
    }
}
