# pincer_add_layer(<name> SOURCES <files...> LINK <targets...>): the static library pincer_<name>.
#
# Its include roots are the repository root (private headers: "engine/model/forward.h") and the layer's include/ (public
# ones: "pincer/engine/model.h"). A layer that has no sources yet becomes an interface library, so that a tree that is
# still being written configures.
function(pincer_add_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  set(target pincer_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE pincer_warnings)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope}
    "${CMAKE_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/${name}/include")
  target_link_libraries(${target} ${scope} ${arg_LINK} Threads::Threads)
endfunction()
