// Takes a file's lock as Kafka does (FileChannel.tryLock of the whole file), says what came of it,
// and holds it until its standard input ends.
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

public class Lock {
    public static void main(String[] arguments) throws Exception {
        try (FileChannel channel = FileChannel.open(Path.of(arguments[0]),
                StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            FileLock lock = channel.tryLock();
            System.out.println(lock == null ? "refused" : "held");
            System.out.flush();
            while (System.in.read() >= 0) { }
        }
    }
}
