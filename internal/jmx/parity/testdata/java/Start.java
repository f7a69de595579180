import java.lang.reflect.Field;

import com.thoughtworks.xstream.XStream;
import com.thoughtworks.xstream.security.AnyTypePermission;

import org.apache.jmeter.JMeter;
import org.apache.jmeter.save.SaveService;
import org.apache.jmeter.util.JMeterUtils;

/**
 * Starts JMeter 2.13 as Debian packages it. Debian pairs it with an XStream that refuses to read any class
 * it was not told of, and JMeter of that time tells it of none, so that every plan fails to load. Here XStream
 * is told that all of them may be read before JMeter begins.
 */
public class Start {
    public static void main(String[] args) throws Exception {
        String home = System.getProperty("jmeter.home");
        JMeterUtils.setJMeterHome(home);
        JMeterUtils.loadJMeterProperties(home + "/bin/jmeter.properties");
        for (Field field : SaveService.class.getDeclaredFields()) {
            if (XStream.class.isAssignableFrom(field.getType())) {
                field.setAccessible(true);
                ((XStream) field.get(null)).addPermission(AnyTypePermission.ANY);
            }
        }
        new JMeter().start(args);
    }
}
