import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.InitialDirContext;

/**
 * Lookup KIND NAME…: what Java says. KIND: any (InetAddress, that is libc), a, aaaa, srv, cname (JNDI over the nameserver of
 * resolv.conf). For each pair a line: kind, name, milliseconds, error or -, values; tabs between.
 */
public class Lookup {
  static List<String> addresses(String name) throws UnknownHostException {
    List<String> found = new ArrayList<>();
    for (InetAddress each : InetAddress.getAllByName(name)) {
      found.add(each.getHostAddress());
    }
    return found;
  }

  static List<String> records(String kind, String name) throws NamingException {
    Hashtable<String, String> settings = new Hashtable<>();
    settings.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
    settings.put("java.naming.provider.url", "dns:");
    Attributes found = new InitialDirContext(settings).getAttributes(name, new String[] {kind.toUpperCase()});
    List<String> values = new ArrayList<>();
    Attribute attribute = found.get(kind);
    for (int i = 0; attribute != null && i < attribute.size(); ++i) {
      String value = attribute.get(i).toString();
      values.add(kind.equals("srv") ? value.split(" ", 3)[2] : value); // without priority and weight
    }
    return values;
  }

  public static void main(String[] arguments) {
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      String kind = arguments[i];
      String name = arguments[i + 1];
      long start = System.nanoTime();
      String error = "-";
      List<String> values = List.of();
      try {
        values = kind.equals("any") ? addresses(name) : records(kind, name);
        error = values.isEmpty() ? "nodata" : "-";
      } catch (UnknownHostException | NameNotFoundException reason) {
        error = "absent";
      } catch (NamingException reason) {
        error = reason.toString().replaceAll("\\s+", " ");
      }
      System.out.println(kind + "\t" + name + "\t" + (System.nanoTime() - start) / 1000000 + "\t" + error
          + (values.isEmpty() ? "" : "\t" + String.join("\t", values)));
    }
  }
}
