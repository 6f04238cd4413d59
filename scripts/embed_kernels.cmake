# Writes every kernel file as a byte array, and the table that finds them by name.
# usage: cmake -DOUT=kernels.c "-DFILES=a.cl;b.cl" -P embed_kernels.cmake
set(arrays "")
set(table "")
foreach(path IN LISTS FILES)
  get_filename_component(name "${path}" NAME)
  string(MAKE_C_IDENTIFIER "${name}" symbol)
  file(READ "${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(................................................................................)"
         "\\1\n" bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${symbol}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", ${symbol}, sizeof ${symbol} - 1},\n")
endforeach()
file(WRITE "${OUT}" "#include \"ocl/source.h\"\n\n${arrays}
const mx_embedded_file mx_embedded_files[] = {
${table}    {0, 0, 0},
};
")
