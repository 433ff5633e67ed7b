-- How many people did each department hire in the year?
-- Grain: department. One that hired nobody has 0. Reads dw.employees, dw.departments.
select
  departments.department_id as id,
  departments.department_name as department,
  count(employees.employee_id) as hired
from dw.departments
left join dw.employees
  on employees.department_id = departments.department_id
 and employees.hiring_date >= make_timestamp($year, 1, 1, 0, 0, 0)
 and employees.hiring_date < make_timestamp($year + 1, 1, 1, 0, 0, 0)
group by departments.department_id, departments.department_name
order by hired desc, department
