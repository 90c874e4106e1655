# What our packages of messages need beyond the usual, because ROS 2 may come from wheels.

# Nothing is written in C++ there, and generating and compiling that half takes most of the time:
# bootstrap.sh leaves it out. Generators are named in a list of ament, `package:file`. That of
# introspection in C stays: without it DDS complains of each type on stderr.
option(WITHOUT_CPP "Generate the code of messages for C and Python only" OFF)
if(WITHOUT_CPP)
  list(FILTER AMENT_EXTENSIONS_rosidl_generate_idl_interfaces EXCLUDE REGEX "_cpp:")
endif()

# The ROS 2 wheels name include folders of the machine that built them, and CMake refuses targets with
# folders that do not exist: drop those. On a stock ROS 2 every folder exists and this changes nothing.
function(_drop_missing_include_dirs)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(dirs ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(dirs)
      set(existing "")
      foreach(dir IN LISTS dirs)
        if(NOT IS_ABSOLUTE "${dir}" OR EXISTS "${dir}")
          list(APPEND existing "${dir}")
        endif()
      endforeach()
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${existing}")
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL _drop_missing_include_dirs)
