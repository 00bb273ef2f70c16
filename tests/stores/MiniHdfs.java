// A real HDFS with WebHDFS in one process, for test_hdfs.py: `java MiniHdfs.java FOLDER`. Prints
// the name node's HTTP address and ends when its standard input does.
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;

public class MiniHdfs {
  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set("hdfs.minidfs.basedir", arguments[0]);
    configuration.set("dfs.webhdfs.enabled", "true");
    configuration.set("dfs.permissions.enabled", "true");
    MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration).numDataNodes(1).format(true).build();
    cluster.waitActive();
    System.out.println("READY " + cluster.getNameNode().getHttpAddress().getPort());
    System.out.flush();
    while (System.in.read() >= 0) {
    }
    cluster.shutdown();
    System.exit(0);
  }
}
