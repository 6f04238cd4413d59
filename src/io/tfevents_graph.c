/* The network as a TensorFlow graph: nodes, edges and the shape of every output. */
#include <stdlib.h>

#include "base/mem.h"
#include "io/tfevents_internal.h"

enum { DIMS = 4, ATTRIBUTES = 2, PRODUCER = 24 /* of graphs as TensorFlow 1 writes them */ };

/* A node with all that it points at. */
typedef struct node {
    Tb__NodeDef def;
    char *inputs[MX_TFNODE_INPUTS];
    Tb__NodeDef__Attribute attributes[ATTRIBUTES], *attribute_list[ATTRIBUTES];
    Tb__AttrValue values[ATTRIBUTES];
    Tb__AttrValue__List shapes;
    Tb__TensorShape shape, *shape_list[1];
    Tb__TensorShape__Dim dims[DIMS], *dim_list[DIMS];
} node;

static void set_shape(node *to, const mx_tfnode *from) {
    const int64_t sizes[DIMS] = {-1, from->h, from->w, from->c};
    tb__tensor_shape__init(&to->shape);
    tb__attr_value__list__init(&to->shapes);
    for (int i = 0; i < DIMS; i++) {
        tb__tensor_shape__dim__init(&to->dims[i]);
        to->dims[i].size = sizes[i];
        to->dim_list[i] = &to->dims[i];
    }
    to->shape.n_dim = DIMS;
    to->shape.dim = to->dim_list;
    to->shape_list[0] = &to->shape;
    to->shapes.n_shape = 1;
    to->shapes.shape = to->shape_list;
}

static void set_attributes(node *to, const mx_tfnode *from) {
    static const char *const keys[ATTRIBUTES] = {"_output_shapes", "parameters"};
    for (int i = 0; i < ATTRIBUTES; i++) {
        tb__node_def__attribute__init(&to->attributes[i]);
        tb__attr_value__init(&to->values[i]);
        to->attributes[i].key = (char *)keys[i];
        to->attributes[i].value = &to->values[i];
        to->attribute_list[i] = &to->attributes[i];
    }
    to->values[0].value_case = TB__ATTR_VALUE__VALUE_LIST;
    to->values[0].list = &to->shapes;
    to->values[1].value_case = TB__ATTR_VALUE__VALUE_I;
    to->values[1].i = (int64_t)from->parameters;
    to->def.n_attr = from->parameters > 0 ? 2 : 1;
    to->def.attr = to->attribute_list;
}

static void set_node(node *to, const mx_tfnode *from) {
    tb__node_def__init(&to->def);
    to->def.name = (char *)from->name;
    to->def.op = (char *)from->op;
    for (int i = 0; i < MX_TFNODE_INPUTS && from->inputs[i]; i++)
        to->inputs[to->def.n_input++] = (char *)from->inputs[i];
    to->def.input = to->inputs;
    set_shape(to, from);
    set_attributes(to, from);
}

mx_status mx_tfevents_graph(mx_tfevents *file, const mx_tfnode *nodes, size_t count) {
    Tb__VersionDef version = TB__VERSION_DEF__INIT;
    Tb__GraphDef graph = TB__GRAPH_DEF__INIT;
    Tb__Event event = TB__EVENT__INIT;
    node *made = NULL;
    mx_buf bytes = {0};
    mx_status status;
    MX_GO(mx_alloc(&made, count, sizeof *made));
    MX_GO(mx_alloc(&graph.node, count, sizeof *graph.node));
    for (size_t i = 0; i < count; i++) {
        set_node(&made[i], &nodes[i]);
        graph.node[i] = &made[i].def;
    }
    version.producer = PRODUCER;
    graph.n_node = count;
    graph.versions = &version;
    mx_tfevents_pack(&bytes, &graph.base);
    MX_GO(mx_buf_check(&bytes));
    event.what_case = TB__EVENT__WHAT_GRAPH_DEF;
    event.graph_def = (ProtobufCBinaryData){.len = bytes.length, .data = (uint8_t *)bytes.data};
    status = mx_tfevents_write(file, &event);
done:
    free(graph.node);
    free(made);
    mx_buf_release(&bytes);
    return status;
}
