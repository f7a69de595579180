package loadgen

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"stickbench/assert"
	"stickbench/loadgen/internal/wire"
)

// Content codings (RFC 9110 §8.4.1): bodies are decoded for extractions and conditions, while all sizes stay those on
// the wire. A request asks for a coding only where the plan has an Accept-Encoding field.

// decoder decodes one coding, again and again.
type decoder interface {
	io.Reader
	Reset(io.Reader) error
}

// decoders are those of the codings, shared by all users: the largest take more memory than a user.
var decoders = map[string]*sync.Pool{
	"gzip":    {New: func() any { return &gzip.Reader{} }},
	"deflate": {New: func() any { return &deflate{} }},
	"br":      {New: func() any { return brotli.NewReader(nil) }},
	"zstd": {New: func() any {
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20)) // the options are valid
		return d
	}},
}

func init() { decoders["x-gzip"] = decoders["gzip"] }

// mostCodings is how many codings a body may be wrapped in.
const mostCodings = 4

// decode undoes the codings that the Content-Encoding fields name, the last one first, and appends at most
// wire.MaxBody bytes of the body to dst. The error says what came is not, or not wholly, what the field says; what
// could be decoded until then is there.
func decode(dst, body []byte, codings string) ([]byte, error) {
	names := strings.FieldsFunc(strings.ToLower(codings), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	if len(names) > mostCodings {
		return dst, fmt.Errorf("more than %d content codings", mostCodings)
	}
	for i := len(names) - 1; i >= 0; i-- {
		if names[i] == "identity" {
			continue
		}
		out, err := decodeOne(dst[:0:cap(dst)], body, names[i])
		if err != nil || i == 0 {
			return out, err
		}
		dst, body = nil, out
	}
	return append(dst[:0], body...), nil
}

func decodeOne(dst, body []byte, coding string) ([]byte, error) {
	pool := decoders[coding]
	if pool == nil {
		return dst, fmt.Errorf("unknown content coding %s", short(coding))
	}
	d := pool.Get().(decoder)
	defer pool.Put(d)
	out := bytes.NewBuffer(dst)
	err := d.Reset(bytes.NewReader(body))
	if err == nil {
		_, err = io.Copy(out, io.LimitReader(d, wire.MaxBody+1))
	}
	b := out.Bytes()
	switch {
	case len(b) > wire.MaxBody:
		return b[:wire.MaxBody], fmt.Errorf("the decoded body is larger than %d MB: extractions and assertions saw only its beginning", wire.MaxBody>>20)
	case err != nil:
		return b, fmt.Errorf("the body is not what Content-Encoding: %s says", coding)
	}
	return b, nil
}

// deflate decodes what servers send by that name: zlib, as RFC 9110 §8.4.1.2 has it, or bare deflate, which browsers
// take as well.
type deflate struct {
	zlib io.ReadCloser // which can be reset, as the next one can
	bare io.ReadCloser
	io.Reader
}

func (d *deflate) Reset(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(data) < 2 || data[0]&0x0f != 8 || (int(data[0])<<8|int(data[1]))%31 != 0 {
		if d.bare == nil {
			d.bare = flate.NewReader(nil)
		}
		d.Reader = d.bare
		return d.bare.(flate.Resetter).Reset(bytes.NewReader(data), nil)
	}
	if d.zlib != nil {
		d.Reader = d.zlib
		return d.zlib.(zlib.Resetter).Reset(bytes.NewReader(data), nil)
	}
	if d.zlib, err = zlib.NewReader(bytes.NewReader(data)); err != nil {
		d.zlib = nil
		return errors.New("not zlib")
	}
	d.Reader = d.zlib
	return nil
}

// readsBody reports whether reading the session takes the bodies of responses.
func (s *Session) readsBody() bool {
	return s.Node.readsBody() || s.Counter.readsBody() || s.ID.readsBody()
}

// readsBody reports whether the extractor looks into the body.
func (x *Extractor) readsBody() bool {
	return x != nil && !x.fromCookie() && !strings.HasPrefix(x.source, "header:")
}

// readsBody reports whether an extraction or assertion of the request looks into the body of its response.
func (r *Request) readsBody() bool {
	return r.Resources != nil || slices.ContainsFunc(r.Extract, func(x Extract) bool { return x.From.readsBody() }) || slices.ContainsFunc(r.Assert, mentionsBody)
}

// readsBodies reports whether a condition or a value anywhere in the group may look into the body of the last
// response. What a request judges its own response by is not meant.
func (g *Group) readsBodies() bool { return readsBodies(reflect.ValueOf(g)) }

func readsBodies(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		switch x := v.Interface().(type) {
		case *assert.Condition:
			return mentionsBody(x)
		case *Template:
			return x.mentionsBody()
		}
		return !v.IsNil() && readsBodies(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if readsBodies(v.Index(i)) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			own := v.Type() == reflect.TypeFor[Request]() && (f.Name == "Assert" || f.Name == "Extract")
			if f.IsExported() && !own && readsBodies(v.Field(i)) {
				return true
			}
		}
	}
	return false
}

func mentionsBody(c *assert.Condition) bool { return c != nil && (c.Uses("body") || c.Uses("json")) }

// mentionsBody reports whether an expression in the text may look into a body.
func (t *Template) mentionsBody() bool {
	return t != nil && slices.ContainsFunc(t.parts, func(p part) bool {
		return p.kind == valuePart && (strings.Contains(p.source, "body") || strings.Contains(p.source, "json")) || p.inner.mentionsBody()
	})
}
