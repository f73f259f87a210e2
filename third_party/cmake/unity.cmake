# pincer_unite(<target>): the target's files are compiled several at a time, those of one directory together. Headers are then read
# once for all of them, which takes a third of the time that each file by itself does. With PINCER_UNITY off each is: what changes
# one file often may want that, and clang-tidy does.
#
# What an anonymous namespace holds must have a name that no other file of its directory uses. Files for an ISA stand alone.
option(PINCER_UNITY "Compile several files at a time" ON)

function(pincer_unite target)
  if(NOT PINCER_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(directory "${source}" DIRECTORY)
    string(MAKE_C_IDENTIFIER "${directory}" directory)
    pincer_isa_token("${source}" token)
    if(token)
      continue()
    endif()
    # Small enough that two cores share a large directory, and that a compiler needs no more than 1.5 GB.
    math(EXPR number "${count_${directory}} + 0")
    math(EXPR count_${directory} "${number} + 1")
    math(EXPR part "${number} / 12")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${directory}_${part}")
  endforeach()
endfunction()
